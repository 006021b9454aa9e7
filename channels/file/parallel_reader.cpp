#include "channels/file/parallel_reader.hpp"

#include "channels/file/json_reader.hpp"

namespace lotse::file {

ParallelNdjsonReader::ParallelNdjsonReader(Window window, const FileFacts& facts, unsigned threads)
    : facts_(facts), slots_max_(threads + 2), cutter_(std::move(window), facts.limits.bytes) {
  progress_ = progress_of(cutter_.input());
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

ParallelNdjsonReader::~ParallelNdjsonReader() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

/// An empty slot once there is room for one more; nullptr when nothing more is to be read.
std::unique_ptr<ParallelNdjsonReader::Slot> ParallelNdjsonReader::room() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || ahead_.size() < slots_max_; });
  if (closed_) return nullptr;
  if (unused_.empty()) return std::make_unique<Slot>();
  std::unique_ptr<Slot> slot = std::move(unused_.back());
  unused_.pop_back();
  return slot;
}

ParallelNdjsonReader::Slot* ParallelNdjsonReader::read_piece(Lines& lines) {
  const std::lock_guard reading(reading_);
  std::unique_ptr<Slot> slot = room();
  if (slot == nullptr) return nullptr;
  const Result<bool> more = cutter_.next(slot->batch.text, lines);
  slot->progress = progress_of(cutter_.input());
  slot->last = !more || !*more;
  slot->ready = slot->last;
  if (!more) slot->failure = more.error();

  const std::lock_guard lock(mutex_);
  closed_ |= slot->last;
  ahead_.push_back(std::move(slot));
  if (closed_) changed_.notify_all();
  return ahead_.back()->last ? nullptr : ahead_.back().get();
}

void ParallelNdjsonReader::work() {
  LineReader reader(facts_);
  Lines lines;
  while (Slot* const slot = read_piece(lines)) {
    reader.read(lines, slot->batch);
    const std::lock_guard lock(mutex_);
    slot->ready = true;
    changed_.notify_all();
  }
}

Result<bool> ParallelNdjsonReader::next(Batch& batch) {
  while (batch.events.empty() && batch.rejected.empty()) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !ahead_.empty() && ahead_.front()->ready; });
    Slot& slot = *ahead_.front();
    progress_ = slot.progress;
    if (slot.failure) return tl::make_unexpected(*slot.failure);
    if (slot.last) return false;
    std::swap(batch, slot.batch);
    slot.batch.events.clear();
    slot.batch.places.clear();
    slot.batch.rejected.clear();
    slot.ready = false;
    unused_.push_back(std::move(ahead_.front()));
    ahead_.pop_front();
    changed_.notify_all();
  }
  return true;
}

}  // namespace lotse::file
