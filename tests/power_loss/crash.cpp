#include "tests/power_loss/crash.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/hash.hpp"

namespace lotse::test {
namespace {

constexpr std::size_t kSectorBytes = 512;

void put(std::string& content, std::size_t offset, std::string_view bytes) {
  if (bytes.empty()) return;
  content.resize(std::max(content.size(), offset + bytes.size()));
  content.replace(offset, bytes.size(), bytes);
}

void redo(std::string& content, const DiskCall& call) {
  if (call.kind == DiskCall::Kind::truncate) {
    content.resize(call.offset);
  } else {
    put(content, call.offset, call.bytes);
  }
}

/// Which of a file's calls since its sync reached the platter.
class Luck {
 public:
  Luck(std::size_t calls, Dice& dice) : dice_(&dice), kind_(dice(7)), cut_(dice(calls + 1)) {}

  void begin(std::size_t call) {
    call_ = call;
    whole_ = dice_->one_in(2);
  }
  /// Of the call that began last; asked once for each of its sectors.
  bool keeps() {
    switch (kind_) {
      case 0:  // the first ones; where they end, sectors
        return call_ < cut_ || (call_ == cut_ && dice_->one_in(2));
      case 1:  // the last ones
        return call_ > cut_ || (call_ == cut_ && dice_->one_in(2));
      case 2:
        return whole_;
      case 3:
        return dice_->one_in(8);
      case 4:
        return !dice_->one_in(8);
      case 5:  // all but one
        return call_ != cut_;
      default:
        return dice_->one_in(2);
    }
  }

 private:
  Dice* dice_;
  int kind_;
  std::size_t cut_;
  std::size_t call_ = 0;
  bool whole_ = false;
};

std::uint64_t hash_of(const DiskFiles& files, std::uint64_t seed) {
  for (const auto& [name, content] : files) seed = fast_hash(content, fast_hash(name, seed));
  return seed;
}

}  // namespace

void Platter::apply(const DiskCall& call) {
  switch (call.kind) {
    case DiskCall::Kind::create:
      files_[call.file];
      names_[call.name].since.emplace_back(call.file);
      return;
    case DiskCall::Kind::remove:
      names_[call.name].since.emplace_back();
      return;
    case DiskCall::Kind::write:
    case DiskCall::Kind::truncate:
      files_[call.file].since.push_back(&call);
      return;
    case DiskCall::Kind::sync:
      for (const DiskCall* done : files_[call.file].since) redo(files_[call.file].synced, *done);
      files_[call.file].since.clear();
      return;
    case DiskCall::Kind::sync_lost:
      files_[call.file].since.clear();
      return;
    case DiskCall::Kind::sync_names:
      for (auto& [name, stands_for] : names_) {
        if (!stands_for.since.empty()) stands_for.synced = stands_for.since.back();
        stands_for.since.clear();
      }
      return;
    case DiskCall::Kind::note:
      return;
  }
}

DiskFiles Platter::nothing_unsynced() const {
  DiskFiles files;
  for (const auto& [name, stands_for] : names_) {
    if (stands_for.synced) files.emplace(name, files_.at(*stands_for.synced).synced);
  }
  return files;
}

DiskFiles Platter::everything() const {
  DiskFiles files;
  for (const auto& [name, stands_for] : names_) {
    const auto number = stands_for.since.empty() ? stands_for.synced : stands_for.since.back();
    if (!number) continue;
    const File& file = files_.at(*number);
    std::string& content = files.emplace(name, file.synced).first->second;
    for (const DiskCall* call : file.since) redo(content, *call);
  }
  return files;
}

DiskFiles Platter::anything(Dice& dice) const {
  DiskFiles files;
  for (const auto& [name, stands_for] : names_) {
    const std::size_t choice = dice(stands_for.since.size() + 1);
    const auto number = choice == 0 ? stands_for.synced : stands_for.since[choice - 1];
    if (number) files.emplace(name, torn(files_.at(*number), dice));
  }
  return files;
}

std::string Platter::torn(const File& file, Dice& dice) {
  std::string content = file.synced;
  if (file.since.empty()) return content;
  std::size_t whole_size = content.size();
  Luck luck(file.since.size(), dice);
  for (std::size_t i = 0; i < file.since.size(); ++i) {
    const DiskCall& call = *file.since[i];
    luck.begin(i);
    if (call.kind == DiskCall::Kind::truncate) {
      whole_size = call.offset;
      if (luck.keeps()) content.resize(call.offset);
      continue;
    }
    whole_size = std::max(whole_size, call.offset + call.bytes.size());
    for (std::size_t begin = 0, end = 0; begin < call.bytes.size(); begin = end) {
      const std::size_t sector_end = ((call.offset + begin) / kSectorBytes + 1) * kSectorBytes - call.offset;
      end = std::min(call.bytes.size(), sector_end);
      if (!luck.keeps()) continue;
      std::size_t from = begin;
      std::size_t to = end;
      if (dice.one_in(16)) (dice.one_in(2) ? from : to) = begin + dice(end - begin);
      put(content, call.offset + from, std::string_view(call.bytes).substr(from, to - from));
    }
  }
  if (content.size() < whole_size && dice.one_in(3)) {
    content.resize(whole_size, dice.one_in(2) ? '\0' : static_cast<char>(dice(256)));
  } else if (content.size() > file.synced.size() && dice.one_in(8)) {
    content.resize(file.synced.size() + dice(content.size() - file.synced.size()));
  }
  return content;
}

CrashStates::CrashStates(const std::vector<DiskCall>& recording, std::size_t wanted, std::uint64_t seed)
    : recording_(&recording), turns_(std::max<std::size_t>(5, wanted / recording.size() + 2)), dice_(seed) {
  // Not all differ: about half repeat another.
  one_in_ = static_cast<unsigned>(std::max<std::size_t>(1, turns_ * recording.size() / 2 / wanted));
}

std::optional<CrashState> CrashStates::next() {
  constexpr std::size_t remembered = 10'000;
  while (true) {
    if (calls_ == 0 || turn_ == turns_) {
      if (calls_ == recording_->size()) return std::nullopt;
      const DiskCall& call = (*recording_)[calls_++];
      if (call.kind == DiskCall::Kind::note) note_ = call.offset;
      platter_.apply(call);
      turn_ = 0;
    }
    const std::size_t turn = turn_++;
    if (!note_ || !dice_.one_in(one_in_)) continue;
    CrashState state{.calls = calls_, .note = *note_};
    state.files = turn == 0   ? platter_.nothing_unsynced()
                  : turn == 1 ? platter_.everything()
                              : platter_.anything(dice_);
    const std::uint64_t hash = hash_of(state.files, *note_);
    if (std::ranges::find(given_, hash) != given_.end()) continue;
    if (given_.size() == remembered) given_.erase(given_.begin(), given_.begin() + remembered / 2);
    given_.push_back(hash);
    return state;
  }
}

}  // namespace lotse::test
