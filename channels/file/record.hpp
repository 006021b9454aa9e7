#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "channels/file/event_file.hpp"
#include "channels/file/input.hpp"
#include "engine/base/result.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/runtime/mistake.hpp"

namespace lotse::file {

/// What all records of a file share.
struct FileFacts {
  std::string file_id;
  EventLimits limits{};
  bool properties = true;  ///< FileOptions::properties

  /// `<file id>:<number, padded to 12>`.
  [[nodiscard]] std::string event_id(std::uint64_t number) const;
  /// Gives an event that names no id or no source those of the file.
  void complete(Event& event, std::uint64_t number) const;
};

/// Most of a rejected record that a batch shows.
inline constexpr std::size_t raw_bytes_max = std::size_t{64} << 10U;

/// One kind of file. Fills a batch that has been emptied; false at the end.
class RecordReader {
 public:
  RecordReader() = default;
  RecordReader(const RecordReader&) = delete;
  RecordReader& operator=(const RecordReader&) = delete;
  virtual ~RecordReader() = default;
  [[nodiscard]] virtual Result<bool> next(Batch& batch) = 0;
  /// Of what next() gave; without `records`.
  [[nodiscard]] virtual Progress progress() const = 0;
};

[[nodiscard]] Progress progress_of(const Input& input);

void reject(Batch& batch, const Place& place, Mistake mistake);
[[nodiscard]] Place place_of(std::uint64_t line, std::string_view text, std::string_view record);

}  // namespace lotse::file
