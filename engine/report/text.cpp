#include "engine/report/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/expression/text.hpp"
#include "engine/report/json.hpp"

namespace lotse {

namespace {

/// In bytes.
std::size_t first_characters(std::string_view text, std::size_t count) {
  std::size_t bytes = 0;
  for (std::size_t characters = 0; bytes < text.size(); ++bytes) {
    const bool begins = (static_cast<unsigned char>(text[bytes]) & 0xC0U) != 0x80U;
    if (begins && ++characters > count) break;
  }
  return bytes;
}

}  // namespace

std::string grouped(std::uint64_t number) {
  std::string digits = fmt::format("{}", number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string estimated(double number) {
  if (number < 9.95) return fmt::format("{:.1f}", number);
  return grouped(static_cast<std::uint64_t>(std::llround(number)));
}

std::string percent_figure(double share) {
  if (share > 0 && share < 0.0005) return "<0.1";
  return fmt::format("{:.1f}", 100 * share);
}

std::string percent(double share) {
  if (share > 0 && share < 0.0005) return "under 0.1 %";
  return percent_figure(share) + " %";
}

std::string rounded_percent(double share) {
  const double value = 100 * share;
  constexpr double one_decimal_below = 9.95;
  return value < one_decimal_below && value > 0 ? fmt::format("{:.1f} %", value)
                                                : fmt::format("{:.0f} %", value);
}

std::string percent_interval(const Interval& interval) {
  return fmt::format("[{:.1f}, {:.1f}]", 100 * interval.low, 100 * interval.high);
}

std::string signed_points(double difference) {
  const double value = 100 * difference;
  return std::abs(value) < 0.05 ? "0.0" : fmt::format("{:+.1f}", value);
}
std::string points_interval(const Interval& interval) {
  return fmt::format("[{:+.1f}, {:+.1f}]", 100 * interval.low, 100 * interval.high);
}

std::string count_of(std::uint64_t number, std::string_view noun) {
  return fmt::format("{} {}{}", grouped(number), noun, number == 1 ? "" : "s");
}

std::string dwell_text(const std::optional<Duration>& duration) {
  return duration ? describe_duration(*duration) : std::string("–");
}

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string shortened(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  return std::string(text.substr(0, first_characters(text, width - 1))) + "…";
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent, std::size_t start) {
  std::string out;
  std::size_t column = start;
  bool line_begins = true;
  const auto new_line = [&] {
    out += "\n" + std::string(indent, ' ');
    column = indent;
    line_begins = true;
  };
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    std::size_t size = display_width(word);
    if (!line_begins && column + 1 + size > width) new_line();
    if (!line_begins) {
      out += ' ';
      ++column;
    }
    while (column + size > width && width > indent) {
      const std::size_t fits = width - std::min(width, column);
      const std::size_t bytes = first_characters(word, fits);
      out += word.substr(0, bytes);
      word.remove_prefix(bytes);
      size -= fits;
      new_line();
    }
    out += word;
    column += size;
    line_begins = false;
  }
  return out;
}

namespace {

std::vector<std::string> lines_of(std::string_view text, std::size_t width) {
  const std::string broken = wrapped(text, width);
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin <= broken.size();) {
    const std::size_t end = std::min(broken.find('\n', begin), broken.size());
    lines.push_back(broken.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

/// The least in which a head breaks at its spaces into at most so many lines.
std::size_t width_in_lines(std::string_view head, std::size_t lines) {
  std::size_t width = 0;
  for (std::string_view rest = head; !rest.empty();) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    width = std::max(width, display_width(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  while (lines_of(head, width).size() > lines) ++width;  // at most to the head's own
  return width;
}

/// `a; b; c` with as many of them in a line as fit.
std::vector<std::string> list_in_lines(std::string_view list, std::size_t width) {
  std::vector<std::string> lines(1);
  while (!list.empty()) {
    const std::size_t end = std::min(list.find("; "), list.size());
    const std::string_view item = list.substr(0, std::min(end + 1, list.size()));
    list.remove_prefix(std::min(end + 2, list.size()));
    std::string& line = lines.back();
    if (line.empty()) {
      line = item;
    } else if (display_width(line) + 1 + display_width(item) <= width) {
      line += " " + std::string(item);
    } else {
      lines.emplace_back(item);
    }
  }
  return lines;
}

}  // namespace

void TextTable::column(std::string head, Align align, std::size_t most) {
  columns_.push_back({std::move(head), align, most});
}

void TextTable::row(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (columns_[i].most > 0) cells[i] = shortened(cells[i], columns_[i].most);
  }
  rows_.push_back(std::move(cells));
}

std::size_t TextTable::Layout::total() const {
  return std::accumulate(widths.begin(), widths.end(), gap * (widths.size() - 1));
}

TextTable::Layout TextTable::layout(std::size_t width) const {
  constexpr std::size_t least_names = 8;
  constexpr std::size_t least_list = 24;
  Layout layout{.widths = {}, .gap = 2};
  std::vector<std::size_t> cells(columns_.size(), 0);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    for (const auto& row : rows_) cells[i] = std::max(cells[i], display_width(row[i]));
  }
  const auto give = [&](std::size_t column, std::size_t least) {
    const std::size_t over = layout.total() - std::min(layout.total(), width);
    std::size_t& own = layout.widths[column];
    own = std::max(std::min(own, least), own - std::min(own, over));
  };
  for (const std::size_t lines : {1U, 2U, 4U}) {
    layout.widths.clear();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      layout.widths.push_back(std::max(cells[i], width_in_lines(columns_[i].head, lines)));
    }
    if (columns_.back().align == Align::left) give(columns_.size() - 1, least_list);
    if (layout.total() <= width) return layout;
  }
  if (layout.total() > width) layout.gap = 1;
  give(0, least_names);
  return layout;
}

void TextTable::append_line(std::string& out, const std::vector<std::string>& cells,
                            const Layout& layout) const {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::size_t size = display_width(cells[i]);
    const std::string padding(std::max(layout.widths[i], size) - size, ' ');
    if (i > 0) line.append(layout.gap, ' ');
    line += columns_[i].align == Align::left ? cells[i] + padding : padding + cells[i];
  }
  line.erase(line.find_last_not_of(' ') + 1);
  out += line + "\n";
}

std::string TextTable::text(std::size_t width) const {
  const Layout layout = this->layout(width);
  std::vector<std::vector<std::string>> heads;
  std::size_t height = 0;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    heads.push_back(lines_of(columns_[i].head, layout.widths[i]));
    height = std::max(height, heads.back().size());
  }
  std::string out;
  for (std::size_t line = 0; line < height; ++line) {
    std::vector<std::string> cells;
    for (const auto& head : heads) {  // stands on the figures
      cells.push_back(line + head.size() < height ? std::string() : head[line + head.size() - height]);
    }
    append_line(out, cells, layout);
  }
  const std::size_t last = columns_.size() - 1;
  for (std::vector<std::string> row : rows_) {
    row[0] = shortened(row[0], layout.widths[0]);
    const std::vector<std::string> list = list_in_lines(row[last], layout.widths[last]);
    for (std::size_t line = 0; line < list.size(); ++line) {
      if (line > 0) row.assign(columns_.size(), std::string());
      row[last] = list[line];
      append_line(out, row, layout);
    }
  }
  return out;
}

std::string TextTable::markdown() const {
  std::string out = "|";
  for (const Column& column : columns_) out += " " + markdown_escaped(column.head) + " |";
  out += "\n|";
  for (const Column& column : columns_) out += column.align == Align::left ? " --- |" : " ---: |";
  out += "\n";
  for (const auto& row : rows_) {
    out += "|";
    for (const std::string& cell : row) {
      const std::size_t start = std::min(cell.find_first_not_of(' '), cell.size());
      out += " " + markdown_escaped(std::string_view(cell).substr(start)) + " |";
    }
    out += "\n";
  }
  return out;
}

std::string TextTable::html(std::string_view caption) const {
  const auto figures = [&](std::size_t column) {
    return columns_[column].align == Align::right ? " class=\"n\"" : "";
  };
  std::string out = fmt::format("<table>\n<caption>{}</caption>\n<thead><tr>", xml_escaped(caption));
  for (std::size_t i = 0; i < columns_.size(); ++i)
    out += fmt::format("<th scope=\"col\"{}>{}</th>", figures(i), xml_escaped(columns_[i].head));
  out += "</tr></thead>\n<tbody>\n";
  for (const auto& row : rows_) {
    out += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::size_t start = std::min(row[i].find_first_not_of(' '), row[i].size());
      const std::string text = xml_escaped(std::string_view(row[i]).substr(start));
      out += i == 0 ? fmt::format("<th scope=\"row\"{}>{}</th>", start > 0 ? " class=\"part\"" : "", text)
                    : fmt::format("<td{}>{}</td>", figures(i), text);
    }
    out += "</tr>\n";
  }
  return out + "</tbody>\n</table>\n";
}

std::string markdown_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' || c == '\r') {
      out += ' ';
      continue;
    }
    if (std::string_view("\\`*_{}<>#|").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string xml_escaped(std::string_view text) {
  constexpr std::string_view replacement = "\xEF\xBF\xBD";
  std::string out;
  while (!text.empty()) {
    const std::size_t bytes = cel::code_point_bytes(text);
    const std::string_view character = text.substr(0, bytes);
    text.remove_prefix(bytes);
    const auto first = static_cast<unsigned char>(character.front());
    const bool malformed = bytes == 1 && first >= 0x80;
    const bool no_character = character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF";
    if (character == "&") {
      out += "&amp;";
    } else if (character == "<") {
      out += "&lt;";
    } else if (character == ">") {
      out += "&gt;";
    } else if (character == "\"") {
      out += "&quot;";
    } else if (character == "'") {
      out += "&#39;";
    } else if (character == "\r") {
      out += "&#13;";  // plain, it would be read as a newline
    } else if (malformed || no_character || (first < 0x20 && character != "\n" && character != "\t")) {
      out += replacement;
    } else {
      out += character;
    }
  }
  return out;
}

void Csv::separate() {
  if (!first_) out_ += ',';
  first_ = false;
}

Csv& Csv::text(std::string_view value) {
  separate();
  std::string guarded;
  if (!value.empty() && std::string_view("=+-@\t\r").find(value.front()) != std::string_view::npos)
    guarded = "'";
  guarded += value;
  if (guarded.find_first_of(",\"\r\n") == std::string::npos) {
    out_ += guarded;
    return *this;
  }
  out_ += '"';
  for (const char c : guarded) {
    if (c == '"') out_ += '"';
    out_ += c;
  }
  out_ += '"';
  return *this;
}

Csv& Csv::number(std::uint64_t value) {
  separate();
  out_ += fmt::format("{}", value);
  return *this;
}

Csv& Csv::number(double value) {
  separate();
  out_ += std::isfinite(value) ? json_number(value) : std::string();
  return *this;
}

Csv& Csv::empty() {
  separate();
  return *this;
}

void Csv::end_row() {
  out_ += "\r\n";
  first_ = true;
}

}  // namespace lotse
