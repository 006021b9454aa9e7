#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "channels/file/time_format.hpp"
#include "engine/base/diagnostic.hpp"
#include "engine/base/time.hpp"
#include "engine/journey/workspace.hpp"

namespace lotse::file {

enum class FileFormat : std::uint8_t { ndjson, csv, xes };

/// What a cell is read as.
enum class CellType : std::uint8_t { text, integer, number, boolean, timestamp };

/// Where one value of an event comes from: a column, or the same text for all.
struct Cell {
  std::string column{};  ///< empty: `constant`
  std::string constant{};
  CellType type = CellType::text;
  std::optional<TimeFormat> format{};  ///< of a timestamp; left out: RFC 3339
  Location where{};                    ///< of the column's name in the mapping file
};

/// How the columns of a file (or the attributes of an XES log) make events. docs/ingest.md has the file's
/// format.
struct Mapping {
  std::string file;
  std::optional<FileFormat> format;
  std::string source;  ///< the file id; may be empty
  char delimiter = ',';
  std::optional<Zone> zone;  ///< of times without an offset; nothing: they are rejected
  std::optional<Cell> time;  ///< nothing in a mapping for NDJSON; likewise `type`
  std::optional<Cell> type;
  std::optional<Cell> channel;
  std::optional<Cell> id;
  std::vector<std::pair<std::string, Cell>> ids;  ///< by namespace, in the order of the file
  std::vector<std::pair<std::string, Cell>> properties;
  std::vector<std::pair<std::string, Cell>> traits;
};

/// Text of a mapping file → the Mapping, or all findings (codes M001 to M005; J001 to J019 for YAML
/// itself and for the shape of entries).
[[nodiscard]] Loaded<Mapping> load_mapping(std::string_view file, std::string_view text,
                                           const FileLimits& limits = {});

/// The mapping that a CSV file has without one: columns named as an event's fields are (`id`, `type`, `time`,
/// `channel`, `ids.NAMESPACE`, `properties.NAME`, `traits.NAME`), all text.
[[nodiscard]] Mapping native_mapping(const std::vector<std::string>& header);

/// What an XES log gives without one, by the extensions `concept` and `time` of IEEE 1849: the event's name,
/// its timestamp, and the trace's name as `case`.
[[nodiscard]] Mapping xes_mapping();

}  // namespace lotse::file
