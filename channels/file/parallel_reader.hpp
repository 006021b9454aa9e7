#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "channels/file/line_cutter.hpp"
#include "channels/file/record.hpp"

namespace lotse::file {

/// NDJSON on several threads: one at a time reads a piece of the file, and makes events of it while others
/// read on. Batches come in the order of the file, the same as from one thread; a few of them are read ahead.
class ParallelNdjsonReader final : public RecordReader {
 public:
  /// `facts` must outlive the reader.
  ParallelNdjsonReader(Window window, const FileFacts& facts, unsigned threads);
  ~ParallelNdjsonReader() override;
  Result<bool> next(Batch& batch) override;
  Progress progress() const override { return progress_; }

 private:
  struct Slot {
    Batch batch;
    Progress progress;
    std::optional<Error> failure;
    bool last = false;  ///< nothing comes behind it: the end of the file, or the failure
    bool ready = false;
  };

  void work();
  [[nodiscard]] std::unique_ptr<Slot> room();
  /// The next piece, in a slot that next() waits for from then on; nullptr where there is none to be read.
  [[nodiscard]] Slot* read_piece(Lines& lines);

  const FileFacts& facts_;
  const std::size_t slots_max_;
  Progress progress_;

  std::mutex reading_;  ///< held by who reads from the file
  LineCutter cutter_;

  std::mutex mutex_;  ///< of all below
  std::condition_variable changed_;
  std::deque<std::unique_ptr<Slot>> ahead_;    ///< in the order of the file
  std::vector<std::unique_ptr<Slot>> unused_;  ///< for their memory
  bool closed_ = false;                        ///< nothing more is to be read
  std::vector<std::jthread> threads_;
};

}  // namespace lotse::file
