#include "engine/workbench/case_log.hpp"

#include <algorithm>
#include <array>
#include <thread>

#include "engine/base/hash.hpp"

namespace lotse {

bool is_own_type(std::string_view type) {
  constexpr std::array<std::string_view, 8> own{event_type::identify,        event_type::alias,
                                                event_type::unlink,          event_type::handed_out,
                                                event_type::message_sent,    event_type::message_failed,
                                                event_type::message_blocked, event_type::task_done};
  return std::ranges::find(own, type) != own.end();
}

std::uint32_t CaseLog::Names::of(std::string_view name) {
  const std::uint64_t hash = fast_hash(name);
  if (const auto known = index.find(hash, [&](std::uint32_t at) { return names[at] == name; })) return *known;
  const auto at = static_cast<std::uint32_t>(names.size());
  names.emplace_back(name);
  index.insert(hash, at);
  return at;
}

std::optional<std::uint32_t> CaseLog::find_case(std::string_view who, std::uint64_t hash) const {
  return case_index_.find(hash, [&](std::uint32_t index) { return texts_.equals(cases_[index], who); });
}

std::uint32_t CaseLog::case_of(std::string_view who, std::uint64_t hash) {
  if (const auto known = find_case(who, hash)) return *known;
  const auto index = static_cast<std::uint32_t>(cases_.size());
  cases_.push_back(texts_.add(who));
  case_index_.insert(hash, index);
  return index;
}

std::uint32_t CaseLog::kind_of(const Event& event) {
  const std::uint64_t hash = fast_hash(event.type, fast_hash(event.channel, fast_hash(event.source)));
  const auto known = kind_index_.find(hash, [&](std::uint32_t index) {
    const Kind& kind = kinds_[index];
    return types_.names[kind.type] == event.type && channels_.names[kind.channel] == event.channel &&
           sources_.names[kind.source] == event.source;
  });
  if (known) return *known;
  const auto index = static_cast<std::uint32_t>(kinds_.size());
  kinds_.push_back({.type = types_.of(event.type),
                    .channel = channels_.of(event.channel),
                    .source = sources_.of(event.source)});
  own_.push_back(is_own_type(event.type));
  kind_index_.insert(hash, index);
  return index;
}

/// Memory is what it waits for, so it is asked for early and for many: a quarter of discovery's time went
/// here.
void CaseLog::add(std::span<const Entry> entries) {
  first_.clear();
  hashes_.clear();
  known_.clear();
  fingerprints_.clear();
  for (const Entry& entry : entries) {
    fingerprints_.push_back(SeenOnce::fingerprint(entry.event->source, entry.event->id));
    seen_.prefetch(fingerprints_.back());
  }
  for (const SeenOnce::Fingerprint& fingerprint : fingerprints_) first_.push_back(seen_.first(fingerprint));
  for (const Entry& entry : entries) {
    hashes_.push_back(fast_hash(entry.who));
    case_index_.prefetch(hashes_.back());
  }
  for (std::size_t i = 0; i < entries.size(); ++i) known_.push_back(find_case(entries[i].who, hashes_[i]));
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!first_[i]) continue;
    const Event& event = *entries[i].event;
    const std::uint32_t kind = kind_of(event);
    if (own_[kind]) {
      ++own_events_;
    } else {
      keep(known_[i] ? *known_[i] : case_of(entries[i].who, hashes_[i]), kind, event);
    }
  }
}

void CaseLog::keep(std::uint32_t who, std::uint32_t kind, const Event& event) {
  if (size_ == blocks_.size() * block_size)
    blocks_.push_back(std::make_unique_for_overwrite<Kept[]>(block_size));
  blocks_.back()[size_++ % block_size] = {
      .time = event.time, .who = who, .kind = kind, .id = texts_.add(event.id)};
}

std::string CaseLog::case_name(std::uint32_t who) const {
  StringArena::Scratch scratch;
  return std::string(texts_.text(cases_[who], scratch));
}

std::vector<std::size_t> CaseLog::group(Kept* to) {
  const auto block_end = [&](std::size_t block) { return std::min(block_size, size_ - block * block_size); };
  std::vector<std::size_t> begins(cases_.size() + 1);
  for (std::size_t block = 0; block < blocks_.size(); ++block) {
    for (std::size_t i = 0; i < block_end(block); ++i) ++begins[blocks_[block][i].who + 1];
  }
  for (std::size_t who = 1; who < begins.size(); ++who) begins[who] += begins[who - 1];
  std::vector<std::size_t> next(begins.begin(), begins.end() - 1);
  for (std::size_t block = 0; block < blocks_.size(); ++block) {
    for (std::size_t i = 0; i < block_end(block); ++i) {
      const Kept& kept = blocks_[block][i];
      to[next[kept.who]++] = kept;
    }
    blocks_[block].reset();
  }
  blocks_.clear();
  size_ = 0;
  return begins;
}

bool CaseLog::before(const Kept& a, const Kept& b) const {
  if (a.time != b.time) return a.time < b.time;
  StringArena::Scratch one;
  StringArena::Scratch other;
  const int order = texts_.text(a.id, one).compare(texts_.text(b.id, other));
  if (order != 0) return order < 0;
  return sources_.names[kinds_[a.kind].source] < sources_.names[kinds_[b.kind].source];
}

std::vector<CaseLog::Record> CaseLog::take_sorted(unsigned threads) {
  seen_.clear();
  const std::size_t size = size_;
  const auto grouped = std::make_unique_for_overwrite<Kept[]>(size);
  const std::vector<std::size_t> begins = group(grouped.get());
  const std::size_t cases = begins.size() - 1;
  const auto sort_cases = [&](std::size_t first, std::size_t last) {
    for (std::size_t who = first; who < last; ++who) {
      std::sort(grouped.get() + begins[who], grouped.get() + begins[who + 1],
                [this](const Kept& a, const Kept& b) { return before(a, b); });
    }
  };
  {
    // Parts of about as many events each.
    std::vector<std::jthread> others;
    std::size_t first = 0;
    for (unsigned part = 1; part <= threads; ++part) {
      const auto last =
          static_cast<std::size_t>(std::ranges::lower_bound(begins, size * part / threads) - begins.begin());
      if (part < threads && last > first) {
        others.emplace_back(sort_cases, first, last);
        first = last;
      }
    }
    sort_cases(first, cases);
  }

  std::vector<Record> records;
  records.reserve(size);
  for (const Kept& kept : std::span(grouped.get(), size))
    records.push_back({.who = kept.who, .kind = kept.kind, .time = kept.time});
  return records;
}

}  // namespace lotse
