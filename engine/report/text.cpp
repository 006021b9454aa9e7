#include "engine/report/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/report/json.hpp"

namespace lotse {

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

std::string percent_interval(const Interval& interval) {
  return fmt::format("[{:.1f}, {:.1f}]", 100 * interval.low, 100 * interval.high);
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
  std::size_t bytes = 0;
  for (std::size_t characters = 0; bytes < text.size(); ++bytes) {
    const bool begins = (static_cast<unsigned char>(text[bytes]) & 0xC0U) != 0x80U;
    if (begins && ++characters == width) break;
  }
  return std::string(text.substr(0, bytes)) + "…";
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent, std::size_t start) {
  std::string out;
  std::size_t column = start;
  bool line_begins = true;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t size = display_width(word);
    if (!line_begins && column + 1 + size > width) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
      line_begins = true;
    }
    if (!line_begins) {
      out += ' ';
      ++column;
    }
    out += word;
    column += size;
    line_begins = false;
  }
  return out;
}

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

std::string TextTable::text() const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = display_width(columns_[i].head);
    for (const auto& row : rows_) width = std::max(width, display_width(row[i]));
    widths.push_back(width);
  }
  std::string out;
  const auto line = [&](const auto& cell_of) {
    std::string text;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string& cell = cell_of(i);
      const std::string padding(widths[i] - display_width(cell), ' ');
      text += i == 0 ? "" : "  ";
      text += columns_[i].align == Align::left ? cell + padding : padding + cell;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  };
  line([&](std::size_t i) -> const std::string& { return columns_[i].head; });
  for (const auto& row : rows_) line([&](std::size_t i) -> const std::string& { return row[i]; });
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
