#include "tests/support/table.hpp"

#include <sqlite3.h>

#include <algorithm>

#include "engine/base/assert.hpp"

namespace lotse::test {
namespace {

sqlite3* open(const std::filesystem::path& store) {
  sqlite3* database = nullptr;
  LOTSE_ASSERT(sqlite3_open_v2(store.c_str(), &database, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK);
  return database;
}

}  // namespace

Table::Table(const std::filesystem::path& store) : database_(open(store), sqlite3_close) {}

std::vector<std::vector<std::string>> Table::rows(std::string_view sql) const {
  sqlite3_stmt* statement = nullptr;
  LOTSE_ASSERT(sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()), &statement,
                                  nullptr) == SQLITE_OK);
  std::vector<std::vector<std::string>> rows;
  int step = sqlite3_step(statement);
  for (; step == SQLITE_ROW; step = sqlite3_step(statement)) {
    std::vector<std::string>& row = rows.emplace_back();
    for (int column = 0; column < sqlite3_column_count(statement); ++column) {
      const unsigned char* text = sqlite3_column_text(statement, column);
      row.emplace_back(text == nullptr ? "" : reinterpret_cast<const char*>(text));
    }
  }
  LOTSE_ASSERT(step == SQLITE_DONE);
  sqlite3_finalize(statement);
  return rows;
}

std::string Table::value(std::string_view sql) const {
  const auto all = rows(sql);
  LOTSE_ASSERT(all.size() == 1 && all.front().size() == 1);
  return all.front().front();
}

double Table::median(std::string_view sql) const {
  std::vector<double> numbers;
  for (const auto& row : rows(sql)) numbers.push_back(std::stod(row.front()));
  LOTSE_ASSERT(!numbers.empty());
  std::ranges::sort(numbers);
  const std::size_t middle = numbers.size() / 2;
  return numbers.size() % 2 == 1 ? numbers[middle] : (numbers[middle - 1] + numbers[middle]) / 2;
}

}  // namespace lotse::test
