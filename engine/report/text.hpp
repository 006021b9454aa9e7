#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/friction/proportion.hpp"

namespace lotse {

/// How a report may use its terminal.
struct TextStyle {
  std::size_t width = 100;  ///< columns
  bool color = false;       ///< ANSI
};

/// `12,345`.
[[nodiscard]] std::string grouped(std::uint64_t number);
/// A count that was estimated: `1,235`, under ten with one decimal `3.4`.
[[nodiscard]] std::string estimated(double number);
/// `12.3 %` of a share; `under 0.1 %`.
[[nodiscard]] std::string percent(double share);
/// `23 %`; below 10 % with one decimal (`2.3 %`), so that small rates can be told apart where room is short.
[[nodiscard]] std::string rounded_percent(double share);
/// `12.3 %` without its sign, for columns that have it in their head.
[[nodiscard]] std::string percent_figure(double share);
/// `[11.9, 12.8]`, in percent.
[[nodiscard]] std::string percent_interval(const Interval& interval);
/// `+6.5` of 0.065, a difference of shares in points; what rounds to nothing has no sign.
[[nodiscard]] std::string signed_points(double difference);
/// `[+1.5, +11.2]`, in points.
[[nodiscard]] std::string points_interval(const Interval& interval);
/// A plural by `s`: `1 stay`, `2,000 stays`.
[[nodiscard]] std::string count_of(std::uint64_t number, std::string_view noun);
/// describe_duration, or a dash.
[[nodiscard]] std::string dwell_text(const std::optional<Duration>& duration);

/// Characters on the screen: code points, as far as this project's texts go.
[[nodiscard]] std::size_t display_width(std::string_view text);
/// Cut to `width` with an ellipsis.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t width);
/// Breaks at spaces, and words that are longer than a line where the line ends; every line but the first
/// begins with `indent` spaces, the first stands at column `start`.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t width, std::size_t indent = 0,
                                  std::size_t start = 0);

/// Rows of cells as text in aligned columns, or as a Markdown table. The first row is the head.
class TextTable {
 public:
  enum class Align : std::uint8_t { left, right };
  /// `most`: columns wider than this are shortened; 0: never.
  void column(std::string head, Align align, std::size_t most = 0);
  void row(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  /// Lines of at most `width`, as long as figures have room side by side: they are never cut. What gives way,
  /// in this order: a left-aligned last column, a list `a; b`, breaks between its items, heads break at their
  /// spaces, the gap between columns, the first column's names are shortened.
  [[nodiscard]] std::string text(std::size_t width) const;
  [[nodiscard]] std::string markdown() const;
  /// A <table> with a caption; everything in it is escaped.
  [[nodiscard]] std::string html(std::string_view caption) const;

 private:
  struct Column {
    std::string head;
    Align align;
    std::size_t most;
  };
  struct Layout {
    std::vector<std::size_t> widths;
    std::size_t gap;
    [[nodiscard]] std::size_t total() const;
  };
  [[nodiscard]] Layout layout(std::size_t width) const;
  void append_line(std::string& out, const std::vector<std::string>& cells, const Layout& layout) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// Text that Markdown takes literally in a table or a paragraph.
[[nodiscard]] std::string markdown_escaped(std::string_view text);

/// Text in XML 1.0, of elements and attributes alike: the predefined entities; what XML forbids (most control
/// characters, bytes that are no UTF-8) becomes U+FFFD.
[[nodiscard]] std::string xml_escaped(std::string_view text);

/// CSV as RFC 4180 has it: CRLF, quotes where needed. Text that a spreadsheet would take for a formula (it
/// begins with
/// `= + - @`, a tab or a carriage return) gets an apostrophe before it; numbers do not.
class Csv {
 public:
  Csv& text(std::string_view value);
  Csv& number(std::uint64_t value);
  Csv& number(double value);
  Csv& empty();
  void end_row();
  [[nodiscard]] const std::string& str() const { return out_; }

 private:
  void separate();
  std::string out_;
  bool first_ = true;
};

}  // namespace lotse
