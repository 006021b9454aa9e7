#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "channels/file/mapping.hpp"
#include "engine/base/diagnostic.hpp"
#include "engine/base/result.hpp"
#include "engine/tracking/event.hpp"

namespace lotse::file {

/// Where a record stands: its first line (from 1), and its text in the batch.
struct Place {
  std::uint64_t line = 0;
  std::uint32_t offset = 0;  ///< into Batch::text
  std::uint32_t bytes = 0;
  friend bool operator==(const Place&, const Place&) = default;
};

/// A record that gave no event.
struct RejectedRecord {
  Place place;
  std::uint32_t column = 0;  ///< in bytes from 1, in the line `place.line`; 0: the record as a whole
  std::string reason;        ///< the same text for the same kind of mistake, so that it can be counted
  std::string detail;        ///< what was found; may be empty
  friend bool operator==(const RejectedRecord&, const RejectedRecord&) = default;
};

/// Some consecutive records of a file. Reuse one batch for all calls: it keeps its buffers, and what is left
/// in `events` gives its memory to the next ones.
struct Batch {
  std::vector<Event> events;             ///< in the order of the file; `arrived` is not set
  std::vector<Place> places;             ///< of `events`, one each
  std::vector<RejectedRecord> rejected;  ///< in the order of the file
  std::string text;                      ///< what was read, and padding
  std::vector<Event> spent;              ///< of no more use but for their memory

  /// Moves the event in, and one that is spent, if there is any, to where it was.
  void add(Event& event, const Place& place) {
    events.push_back(std::move(event));
    places.push_back(place);
    if (spent.empty()) return;
    event = std::move(spent.back());
    spent.pop_back();
  }

  /// The record as it stands in the file, for a list of what was rejected. Long ones are cut to 64 KiB.
  [[nodiscard]] std::string_view raw(const Place& place) const {
    return std::string_view(text).substr(place.offset, place.bytes);
  }
};

/// For who wants the events alone: small enough to stay in a core's cache with the events made of it, where
/// the default suits a transaction.
inline constexpr std::size_t cached_batch_bytes = std::size_t{256} << 10U;

struct FileOptions {
  std::optional<FileFormat>
      format{};  ///< left out: the mapping's, else what the name ends in, else what it looks like
  std::optional<std::string> source{};  ///< the file id, before the mapping's
  const Mapping* mapping = nullptr;     ///< must outlive the EventFile
  std::size_t batch_bytes = 1U << 20U;  ///< of uncompressed text; at least 128 KiB is taken
  /// False: properties and traits may be left empty, for who does not need them. What is wrong in them is
  /// found all the same.
  bool properties = true;
  /// NDJSON is read ahead by so many beside the caller's, in pieces of batch_bytes, or by the caller's alone;
  /// the batches are the same, in the same order. More than one pays where no properties are kept: the
  /// memory of values that wander from thread to thread costs what parsing side by side gains.
  unsigned threads = 0;
};

struct Progress {
  std::uint64_t bytes = 0;                   ///< read so far, compressed as they are
  std::optional<std::uint64_t> bytes_total;  ///< nothing for a pipe
  std::uint64_t records = 0;                 ///< events and rejected records
};

/// A log of events in a file, read once from front to back in bounded memory: NDJSON (or one JSON array),
/// CSV, XES, each also gzipped. docs/ingest.md. To be called by one thread; several files may be read side by
/// side.
class EventFile {
 public:
  /// `-` is standard input. Mistakes in how the mapping fits the file go to `findings` (and give
  /// `bad_input`). Other Errors: `not_found`, `storage` (unreadable), `bad_input` (nothing that this reads).
  [[nodiscard]] static Result<EventFile> open(const std::filesystem::path& path, const FileOptions& options,
                                              std::vector<Diagnostic>& findings);
  EventFile(EventFile&&) noexcept;
  EventFile& operator=(EventFile&&) noexcept;
  ~EventFile();

  /// Fills `batch` with the next records; false at the end of the file, with an empty batch. After an Error
  /// (`storage`; `bad_input` where the rest cannot be told into records, as in damaged gzip) nothing more can
  /// be read.
  [[nodiscard]] Result<bool> next(Batch& batch);

  [[nodiscard]] FileFormat format() const;
  /// What ids of events without one begin with, and the source of events without one.
  [[nodiscard]] const std::string& file_id() const;
  [[nodiscard]] Progress progress() const;

 private:
  struct Rep;
  explicit EventFile(std::unique_ptr<Rep> rep);
  std::unique_ptr<Rep> rep_;
};

}  // namespace lotse::file
