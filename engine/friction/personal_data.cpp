#include "engine/friction/personal_data.hpp"

#include <algorithm>
#include <array>

#include "engine/friction/letters.hpp"
#include "engine/friction/personal_scan.hpp"

namespace lotse {
namespace {

using personal::Found;
using personal::Scan;
using personal::Span;
namespace mask = personal::mask;

constexpr std::array masks{mask::mail,   mask::link, mask::ip,      mask::account, mask::card, mask::phone,
                           mask::number, mask::date, mask::address, mask::name,    mask::known};
/// In this order: what is more telling first.
constexpr std::array finders{&personal::link_at,    &personal::mail_at, &personal::ip_at,
                             &personal::account_at, &personal::date_at, &personal::street_at,
                             &personal::name_at,    &personal::code_at, &personal::number_at};

std::vector<Span> spans_of_patterns(Scan& scan) {
  std::vector<Span> spans;
  for (std::size_t i = 0; i < scan.size();) {
    const bool within_word = i != scan.rest() && scan.word(i - 1) && scan.word(i);
    if (within_word) {  // nothing begins here
      ++i;
      continue;
    }
    Found found;
    for (const auto finder : finders) {
      found = finder(scan, i);
      if (found) break;
    }
    if (found) {
      spans.push_back(*found);
      scan.mask_until(found->end);
    }
    i = found ? found->end : i + 1;
  }
  return spans;
}

void add_known(const Scan& scan, const KnownTexts& known, std::vector<Span>& spans) {
  for (std::size_t i = 0; i < scan.size(); ++i) {
    for (const std::u32string& text : known.beginning_with(scan[i])) {
      const std::size_t end = i + text.size();
      const bool there = std::u32string_view(scan.folded()).substr(i, text.size()) == text;
      const bool within_word =
          (i > 0 && scan.word(i - 1) && scan.word(i)) || (scan.word(end) && scan.word(end - 1));
      if (there && !within_word) spans.push_back({i, end, mask::known});
    }
  }
}

/// What overlaps becomes one, under the mask of the longest.
std::vector<Span> joined(std::vector<Span> spans) {
  std::stable_sort(spans.begin(), spans.end(),
                   [](const Span& a, const Span& b) { return a.begin < b.begin; });
  std::vector<Span> result;
  std::size_t longest = 0;
  for (const Span& span : spans) {
    const std::size_t length = span.end - span.begin;
    if (result.empty() || span.begin >= result.back().end) {
      result.push_back(span);
      longest = length;
      continue;
    }
    if (length > longest) result.back().mask = span.mask;
    longest = std::max(longest, length);
    result.back().end = std::max(result.back().end, span.end);
  }
  return result;
}

/// Puts a text together from characters and masks that are shown whole or not at all.
class Writer {
 public:
  void add(std::u32string_view piece) {
    length_ += piece.size();
    text_ += letters::encoded(piece);
    if (length_ < masked_text_most) fits_ = text_.size();
  }
  [[nodiscard]] bool full() const { return length_ > masked_text_most; }
  [[nodiscard]] std::string take() && {
    if (full()) {
      text_.resize(fits_);
      text_ += "…";
    }
    return std::move(text_);
  }

 private:
  std::string text_;
  std::size_t length_ = 0;  ///< code points
  std::size_t fits_ = 0;    ///< bytes that leave room for an ellipsis
};

bool called_a_name(std::string_view trait) {
  constexpr std::array names{"name", "nombre", "nome"};
  std::string small(trait);
  std::transform(small.begin(), small.end(), small.begin(),
                 [](char c) { return static_cast<char>(letters::lower(static_cast<unsigned char>(c))); });
  return std::any_of(names.begin(), names.end(),
                     [&](const char* name) { return small.find(name) != std::string::npos; });
}

}  // namespace

KnownTexts::KnownTexts(const CustomerState& customer) {
  const std::string_view identity = customer.customer;
  add(identity.substr(identity.find(':') + 1));
  add_trait({}, customer.traits);
}

void KnownTexts::add_value(const Value& value) {
  if (const std::string* text = value.string()) add(*text);
  if (const auto* number = std::get_if<std::int64_t>(&value.rep())) add(std::to_string(*number));
  if (const Map* map = value.map()) {
    for (const auto& [key, inner] : *map) add_value(inner);
  }
  if (const List* list = value.list()) {
    for (const Value& inner : *list) add_value(inner);
  }
}

void KnownTexts::add_trait(std::string_view name, const Value& value) {
  if (const Map* map = value.map()) {
    for (const auto& [key, inner] : *map) {
      const std::string* own = key.string();
      add_trait(own == nullptr ? name : *own, inner);
    }
  }
  if (const List* list = value.list()) {
    for (const Value& inner : *list) add_trait(name, inner);
  }
  const std::string* text = value.string();
  if (text == nullptr) return;
  add(*text);
  if (!called_a_name(name)) return;
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    add(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

void KnownTexts::add(std::string_view text) {
  constexpr std::size_t least = 3;
  const std::u32string folded = Scan(text).folded();
  if (folded.size() < least) return;
  std::vector<std::u32string>& others = texts_[folded.front()];
  if (std::find(others.begin(), others.end(), folded) == others.end()) others.push_back(folded);
}

std::span<const std::u32string> KnownTexts::beginning_with(char32_t first) const {
  const auto found = texts_.find(first);
  if (found == texts_.end()) return {};
  return found->second;
}

std::span<const std::string_view> personal_data_masks() { return masks; }

std::string mask_personal_data(std::string_view text, const KnownTexts& known) {
  Scan scan(text);
  std::vector<Span> spans = spans_of_patterns(scan);
  add_known(scan, known, spans);
  Writer writer;
  std::size_t at = 0;
  const auto copy_to = [&](std::size_t end) {
    for (; at < end && !writer.full(); ++at) writer.add(std::u32string_view(scan.shown()).substr(at, 1));
  };
  for (const Span& span : joined(std::move(spans))) {
    copy_to(span.begin);
    writer.add(letters::decoded(span.mask));
    at = span.end;
  }
  copy_to(scan.size());
  return std::move(writer).take();
}

}  // namespace lotse
