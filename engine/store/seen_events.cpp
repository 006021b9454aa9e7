#include "engine/store/seen_events.hpp"

#include <algorithm>
#include <cstring>

#include "engine/base/assert.hpp"

namespace lotse {
namespace {

constexpr unsigned kShardBits = 16;
constexpr unsigned kTagBits = 24;
constexpr unsigned kNumberBits = 32;
constexpr std::size_t kEntryBytes = (kTagBits + kNumberBits) / 8;
constexpr std::uint64_t kEntryMask = (std::uint64_t{1} << (kTagBits + kNumberBits)) - 1;
/// An entry is read and written as 8 bytes; the last one needs a byte more.
constexpr std::size_t kSlack = sizeof(std::uint64_t) - kEntryBytes;

std::size_t shard_of(std::uint64_t fingerprint) { return fingerprint >> (64 - kShardBits); }

std::uint64_t tag_of(std::uint64_t fingerprint) {
  return (fingerprint >> (64 - kShardBits - kTagBits)) & ((std::uint64_t{1} << kTagBits) - 1);
}

std::uint64_t make_entry(std::uint64_t fingerprint, EventNumber number) {
  return tag_of(fingerprint) << kNumberBits | number.value();
}

std::uint32_t grown(std::uint32_t capacity) { return capacity + std::max<std::uint32_t>(2, capacity / 8); }

}  // namespace

std::uint64_t SeenEvents::Shard::entry(std::uint32_t index) const {
  std::uint64_t value = 0;
  std::memcpy(&value, &entries_[index * kEntryBytes], sizeof value);
  return value & kEntryMask;
}

void SeenEvents::Shard::set(std::uint32_t index, std::uint64_t entry) {
  std::memcpy(&entries_[index * kEntryBytes], &entry, kEntryBytes);
}

/// Hashes lie evenly: where this one should be.
std::uint32_t SeenEvents::Shard::guess(std::uint64_t entry) const {
  return static_cast<std::uint32_t>(((entry >> kNumberBits) * size_) >> kTagBits);
}

void SeenEvents::Shard::prefetch(std::uint64_t entry) const {
  if (size_ > 0) __builtin_prefetch(&entries_[guess(entry) * kEntryBytes]);
}

std::uint32_t SeenEvents::Shard::lower_bound(std::uint64_t entry) const {
  // Gallops from the guess, then halves.
  const std::uint32_t guess = this->guess(entry);
  std::uint32_t low = 0;
  std::uint32_t high = size_;
  std::uint32_t step = 4;
  if (guess < size_ && this->entry(guess) < entry) {
    low = guess + 1;
    for (; low + step < size_ && this->entry(low + step) < entry; step *= 2) low += step + 1;
    high = std::min(size_, low + step);
  } else {
    high = guess;
    for (; high >= step && this->entry(high - step) >= entry; step *= 2) high -= step;
    low = high >= step ? high - step : 0;
  }
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (this->entry(middle) < entry) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

void SeenEvents::Shard::reserve(std::uint32_t capacity) {
  if (capacity <= capacity_) return;
  auto entries = std::make_unique<unsigned char[]>(capacity * kEntryBytes + kSlack);
  if (size_ > 0) std::memcpy(entries.get(), entries_.get(), size_ * kEntryBytes);
  entries_ = std::move(entries);
  capacity_ = capacity;
}

void SeenEvents::Shard::insert(std::uint64_t entry) {
  if (size_ == capacity_) reserve(grown(capacity_));
  const std::uint32_t index = lower_bound(entry);
  unsigned char* const place = &entries_[index * kEntryBytes];
  std::memmove(place + kEntryBytes, place, (size_ - index) * kEntryBytes);
  set(index, entry);
  ++size_;
}

void SeenEvents::Shard::append(std::uint64_t entry) {
  LOTSE_ASSERT(size_ < capacity_);
  set(size_++, entry);
}

void SeenEvents::Shard::sort() {
  std::vector<std::uint64_t> sorted(size_);
  for (std::uint32_t index = 0; index < size_; ++index) sorted[index] = entry(index);
  std::ranges::sort(sorted);
  for (std::uint32_t index = 0; index < size_; ++index) set(index, sorted[index]);
}

SeenEvents::SeenEvents() : shards_(std::size_t{1} << kShardBits) {}

void SeenEvents::candidates(std::uint64_t fingerprint, std::vector<EventNumber>& out) const {
  const Shard& shard = shards_[shard_of(fingerprint)];
  const std::uint64_t tag = tag_of(fingerprint);
  for (std::uint32_t index = shard.lower_bound(tag << kNumberBits); index < shard.size(); ++index) {
    const std::uint64_t entry = shard.entry(index);
    if (entry >> kNumberBits != tag) break;
    out.emplace_back(static_cast<std::uint32_t>(entry));
  }
}

void SeenEvents::prefetch_shard(std::uint64_t fingerprint) const {
  __builtin_prefetch(&shards_[shard_of(fingerprint)]);
}

void SeenEvents::prefetch_entry(std::uint64_t fingerprint) const {
  shards_[shard_of(fingerprint)].prefetch(tag_of(fingerprint) << kNumberBits);
}

void SeenEvents::insert(std::uint64_t fingerprint, EventNumber number) {
  shards_[shard_of(fingerprint)].insert(make_entry(fingerprint, number));
  ++size_;
}

Result<void> SeenEvents::fill(const std::function<Result<void>(const Add&)>& replay) {
  LOTSE_ASSERT(size_ == 0);
  std::vector<std::uint32_t> counts(shards_.size());
  LOTSE_CHECK(replay([&](EventNumber, std::span<const std::uint64_t> fingerprints) {
    for (const std::uint64_t fingerprint : fingerprints) ++counts[shard_of(fingerprint)];
  }));
  for (std::size_t shard = 0; shard < shards_.size(); ++shard) {
    if (counts[shard] > 0) shards_[shard].reserve(grown(counts[shard]));
  }
  LOTSE_CHECK(replay([&](EventNumber first, std::span<const std::uint64_t> fingerprints) {
    std::uint32_t number = first.value();
    for (const std::uint64_t fingerprint : fingerprints) {
      shards_[shard_of(fingerprint)].append(make_entry(fingerprint, EventNumber(number++)));
    }
    size_ += fingerprints.size();
  }));
  for (Shard& shard : shards_) shard.sort();
  return {};
}

std::size_t SeenEvents::bytes() const {
  std::size_t bytes = shards_.size() * sizeof(Shard);
  constexpr std::size_t allocation = 16;  // what malloc keeps beside a block and rounds it up by, on average
  for (const Shard& shard : shards_) {
    if (shard.capacity() > 0) bytes += shard.capacity() * kEntryBytes + kSlack + allocation;
  }
  return bytes;
}

}  // namespace lotse
