#include "engine/runtime/state_table.hpp"

#include <algorithm>
#include <cstring>

#include "engine/base/assert.hpp"

namespace lotse {
namespace {

constexpr std::size_t kUnit = 8;
constexpr unsigned kOffsetBits = 17;
constexpr std::size_t kChunkBytes = kUnit << kOffsetBits;  // 1 MiB
constexpr std::size_t kChunks = (std::size_t{1} << (32 - kOffsetBits)) - 1;
/// Chunks are emptied while more than this share of what they hold is dead, beyond a few chunks of slack. A
/// lower share saves memory and copies more: at a fifth, a block is copied about twice in its life.
constexpr std::size_t kSlackBytes = 4 * kChunkBytes;
constexpr std::size_t kWasteShare = 5;

constexpr std::size_t kAloneBytes = kChunkBytes / 8;

constexpr std::size_t block_bytes(std::size_t length) { return (length + 8 + kUnit - 1) / kUnit * kUnit; }

}  // namespace

std::byte* StateTable::address(Place place) const {
  const std::uint32_t index = place - 1;
  return chunks_[index >> kOffsetBits].memory.get() + (index & ((1U << kOffsetBits) - 1)) * kUnit;
}

StateTable::Header StateTable::header(Place place) const {
  Header header{};
  std::memcpy(&header, address(place), sizeof header);
  return header;
}

std::string_view StateTable::find(CustomerNumber customer) const {
  if (customer.value() >= places_.size()) return {};
  const Place place = places_[customer.value()];
  if (place == 0) return {};
  return {reinterpret_cast<const char*>(address(place)) + sizeof(Header), header(place).length};
}

void StateTable::set(CustomerNumber customer, std::string_view bytes) {
  LOTSE_ASSERT(!bytes.empty());
  if (customer.value() >= places_.size()) {
    const std::size_t size = std::size_t{customer.value()} + 1;
    if (size > places_.capacity()) places_.reserve(size + size / 8);  // the vector itself would double
    places_.resize(size);
  }
  const Place before = places_[customer.value()];
  // What a view may be reading stays as it is.
  const bool in_place = before != 0 && block_bytes(header(before).length) == block_bytes(bytes.size()) &&
                        views_->load(std::memory_order_acquire) == 0;
  if (in_place) {
    const Header same{.customer = customer.value(), .length = static_cast<std::uint32_t>(bytes.size())};
    std::memcpy(address(before), &same, sizeof same);
    std::memcpy(address(before) + sizeof same, bytes.data(), bytes.size());
    return;
  }
  if (before != 0) {
    drop(before);
  } else {
    ++size_;
  }
  places_[customer.value()] = 0;
  places_[customer.value()] = append(customer, bytes);
  clean();
}

void StateTable::erase(CustomerNumber customer) {
  if (customer.value() >= places_.size() || places_[customer.value()] == 0) return;
  drop(places_[customer.value()]);
  places_[customer.value()] = 0;
  --size_;
  clean();
}

void StateTable::drop(Place place) {
  const std::size_t bytes = block_bytes(header(place).length);
  Chunk& chunk = chunks_[(place - 1) >> kOffsetBits];
  LOTSE_ASSERT(chunk.live >= bytes);
  chunk.live -= static_cast<std::uint32_t>(bytes);
  live_ -= bytes;
}

StateTable::Place StateTable::append(CustomerNumber customer, std::string_view bytes) {
  const std::size_t block = block_bytes(bytes.size());
  // A large block would leave much of a shared chunk empty for good.
  const bool alone = block > kAloneBytes;
  std::uint32_t index = filling_;
  if (alone) {
    index = open_chunk(block);
  } else if (filling_ == no_chunk || chunks_[filling_].used + block > chunks_[filling_].capacity) {
    index = filling_ = open_chunk(kChunkBytes);
  }
  Chunk& chunk = chunks_[index];
  const Header header{.customer = customer.value(), .length = static_cast<std::uint32_t>(bytes.size())};
  std::memcpy(chunk.memory.get() + chunk.used, &header, sizeof header);
  std::memcpy(chunk.memory.get() + chunk.used + sizeof header, bytes.data(), bytes.size());
  const auto place = static_cast<Place>((index << kOffsetBits | chunk.used / kUnit) + 1);
  chunk.used += static_cast<std::uint32_t>(block);
  chunk.live += static_cast<std::uint32_t>(block);
  live_ += block;
  return place;
}

std::uint32_t StateTable::open_chunk(std::size_t capacity) {
  if (spare_.empty()) {
    LOTSE_ASSERT(chunks_.size() < kChunks);  // 32 GB of states
    spare_.push_back(static_cast<std::uint32_t>(chunks_.size()));
    chunks_.emplace_back();
  }
  const std::uint32_t index = spare_.back();
  spare_.pop_back();
  chunks_[index] = {.memory = std::shared_ptr<std::byte[]>(new std::byte[capacity]),
                    .capacity = static_cast<std::uint32_t>(capacity)};
  held_ += capacity;
  return index;
}

void StateTable::close_chunk(std::uint32_t chunk) {
  held_ -= chunks_[chunk].capacity;
  chunks_[chunk] = {};
  spare_.push_back(chunk);
}

void StateTable::clean() {
  // No more turns than chunks: one that frees little must not keep the caller waiting.
  for (std::size_t turns = chunks_.size();
       turns > 0 && held_ > kSlackBytes + live_ + live_ / (kWasteShare - 1); --turns) {
    // The chunk with the least to save from it. There are few chunks (a megabyte each), and this runs once
    // for many calls of set().
    std::uint32_t emptiest = no_chunk;
    for (std::uint32_t index = 0; index < chunks_.size(); ++index) {
      const Chunk& chunk = chunks_[index];
      if (chunk.capacity == 0 || index == filling_) continue;
      if (emptiest == no_chunk || std::uint64_t{chunk.live} * chunks_[emptiest].capacity <
                                      std::uint64_t{chunks_[emptiest].live} * chunk.capacity) {
        emptiest = index;
      }
    }
    if (emptiest == no_chunk) return;
    // Taken out, so that append() may add to the list of chunks meanwhile.
    const std::shared_ptr<std::byte[]> memory = std::move(chunks_[emptiest].memory);
    const std::uint32_t used = chunks_[emptiest].used;
    live_ -= chunks_[emptiest].live;
    for (std::uint32_t offset = 0; offset < used;) {
      Header header{};
      std::memcpy(&header, memory.get() + offset, sizeof header);
      const auto place = static_cast<Place>((emptiest << kOffsetBits | offset / kUnit) + 1);
      if (places_[header.customer] == place) {
        const char* const bytes = reinterpret_cast<const char*>(memory.get()) + offset + sizeof header;
        places_[header.customer] = append(CustomerNumber(header.customer), {bytes, header.length});
      }
      offset += static_cast<std::uint32_t>(block_bytes(header.length));
    }
    close_chunk(emptiest);
  }
}

StateTable::View StateTable::view() const {
  View view;
  view.places_ = places_;
  view.chunks_.reserve(chunks_.size());
  for (const Chunk& chunk : chunks_) view.chunks_.emplace_back(chunk.memory);
  view.size_ = size_;
  view.views_ = views_;
  views_->fetch_add(1, std::memory_order_relaxed);
  return view;
}

StateTable::View::~View() {
  if (views_) views_->fetch_sub(1, std::memory_order_release);
}

std::string_view StateTable::View::find(CustomerNumber customer) const {
  if (customer.value() >= places_.size() || places_[customer.value()] == 0) return {};
  const std::uint32_t index = places_[customer.value()] - 1;
  const std::byte* const block =
      chunks_[index >> kOffsetBits].get() + (index & ((1U << kOffsetBits) - 1)) * kUnit;
  Header header{};
  std::memcpy(&header, block, sizeof header);
  return {reinterpret_cast<const char*>(block) + sizeof header, header.length};
}

std::size_t StateTable::bytes() const { return held_ + places_.capacity() * sizeof(Place); }

}  // namespace lotse
