#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;

namespace lotse::test {

/// A store as an analyst opens it: plain SQLite, read only.
class Table {
 public:
  explicit Table(const std::filesystem::path& store);
  /// All rows, each value as SQLite's text of it (empty for NULL). Ends the program on a mistake in the SQL.
  [[nodiscard]] std::vector<std::vector<std::string>> rows(std::string_view sql) const;
  /// The one value of one row.
  [[nodiscard]] std::string value(std::string_view sql) const;
  [[nodiscard]] double number(std::string_view sql) const { return std::stod(value(sql)); }
  /// Of a column of numbers; the mean of the two middle ones where their count is even.
  [[nodiscard]] double median(std::string_view sql) const;

 private:
  std::unique_ptr<sqlite3, int (*)(sqlite3*)> database_;
};

}  // namespace lotse::test
