#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "channels/file/mapping.hpp"
#include "channels/file/record.hpp"
#include "engine/tracking/event.hpp"

namespace lotse::file {

/// Makes events of rows by a mapping. The row is given by the columns that the mapping names, in that order.
class RowMapper {
 public:
  struct Column {
    std::string name;
    Location where;  ///< where the mapping names it first
  };

  /// `facts` must outlive this.
  RowMapper(const Mapping& mapping, const FileFacts& facts);

  [[nodiscard]] const std::vector<Column>& columns() const { return columns_; }

  /// `cells` by columns(); an absent one is empty, and gives nothing. `record` is the text that a mistake's
  /// place is told by; `id` is for an event without one.
  [[nodiscard]] std::optional<Mistake> make(std::span<const std::string_view> cells, std::string_view record,
                                            std::string id, Event& event) const;

 private:
  /// A Cell with its column as an index, and how messages call it.
  struct Source {
    std::size_t column = constant;
    std::string text;  ///< of a constant
    CellType type = CellType::text;
    std::optional<TimeFormat> format;

    static constexpr std::size_t constant = static_cast<std::size_t>(-1);
  };
  struct Named {
    std::string name;
    Value key;  ///< the name, as a map's key
    Source source;
  };

  Source source_of(const Cell& cell);
  std::vector<Named> named(const std::vector<std::pair<std::string, Cell>>& cells);
  [[nodiscard]] std::string_view text_of(const Source& source, std::span<const std::string_view> cells) const;
  [[nodiscard]] Mistake mistake(const Source& source, std::string_view what, std::string_view text,
                                std::string_view record) const;
  [[nodiscard]] std::optional<Mistake> read_map(const std::vector<Named>& from,
                                                std::span<const std::string_view> cells,
                                                std::string_view record, Value& to) const;
  [[nodiscard]] std::optional<Value> read_value(const Source& source, std::string_view text) const;

  const FileFacts& facts_;
  std::optional<Zone> zone_;
  std::vector<Column> columns_;
  Source time_;
  Source type_;
  std::optional<Source> channel_;
  std::optional<Source> id_;
  std::vector<Named> ids_;
  std::vector<Named> properties_;
  std::vector<Named> traits_;
  Value empty_{Map{}};
};

}  // namespace lotse::file
