#include "channels/file/json_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "engine/runtime/json_outline.hpp"

namespace lotse::file {
namespace {

static_assert(Window::padding >= json_padding);

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool is_blank(std::string_view text) { return std::ranges::all_of(text, is_space); }

const char* find_newline(const char* from, const char* end) {
  return static_cast<const char*>(std::memchr(from, '\n', static_cast<std::size_t>(end - from)));
}

}  // namespace

void LineReader::read_line(Batch& batch, const Place& place, std::string_view line) {
  if (line.size() > facts_.limits.bytes) return reject(batch, place, too_long(facts_.limits, line.size()));
  if (auto mistake = events_.read(line, event_)) return reject(batch, place, *std::move(mistake));
  facts_.complete(event_, place.line);
  batch.add(event_, place);
}

void LineReader::read(const Lines& lines, Batch& batch) {
  const char* at = lines.lines.data();
  const char* const end = at + lines.lines.size();
  std::uint64_t number = lines.first;
  for (; at < end; ++number) {
    const char* const newline = find_newline(at, end);
    std::string_view line(at, static_cast<std::size_t>((newline == nullptr ? end : newline) - at));
    at = newline == nullptr ? end : newline + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!is_blank(line)) read_line(batch, place_of(number, lines.text, line), line);
  }
  if (lines.cut_off.empty()) return;
  reject(batch, place_of(number, lines.text, lines.cut_off), too_long(facts_.limits, lines.cut_off.size()));
  batch.rejected.back().detail = fmt::format("{} bytes or more", lines.cut_off.size());
}

Result<bool> NdjsonReader::next(Batch& batch) {
  while (batch.events.empty() && batch.rejected.empty()) {
    Lines lines;
    LOTSE_TRY(const bool more, cutter_.next(batch.text, lines));
    if (!more) return false;
    lines_.read(lines, batch);
  }
  return true;
}

void JsonArrayReader::read_element(Batch& batch, std::string_view text, std::string_view element) {
  ++element_;
  const std::string_view all = element;
  while (!element.empty() && is_space(element.back())) element.remove_suffix(1);
  const Place place = place_of(line_, text, element);
  line_ += static_cast<std::uint64_t>(std::ranges::count(all, '\n'));
  if (element.size() > facts_.limits.bytes)
    return reject(batch, place, too_long(facts_.limits, element.size()));
  if (auto mistake = events_.read(element, event_)) return reject(batch, place, *std::move(mistake));
  facts_.complete(event_, element_);
  batch.add(event_, place);
}

void JsonArrayReader::fail_at(std::string_view found, std::string_view wanted) {
  failure_ = Error{ErrorCode::bad_input,
                   fmt::format("{}:{}: {} where the array {}", window_.input().name(), line_, found, wanted)};
}

std::size_t JsonArrayReader::scan(Batch& batch, std::string_view piece) {
  std::size_t at = 0;
  while (at < piece.size() && !failure_) {
    const char c = piece[at];
    if (is_space(c)) {
      line_ += c == '\n' ? 1 : 0;
      ++at;
      continue;
    }
    switch (state_) {
      case State::before:  // the file was taken for an array because of its `[`
        state_ = State::value_or_end;
        ++at;
        break;
      case State::value_or_end:
      case State::value: {
        if (c == ']' && state_ == State::value_or_end) {
          state_ = State::after;
          ++at;
          break;
        }
        if (c == ']' || c == ',') {
          fail_at(in_quotes({&c, 1}), "has an event");
          break;
        }
        const std::size_t end = json::end_of_value(piece, at);
        if (end == std::string_view::npos) return at;
        read_element(batch, piece, piece.substr(at, end - at));
        state_ = State::comma_or_end;
        at = end;
        break;
      }
      case State::comma_or_end:
        if (c != ',' && c != ']') {
          fail_at(in_quotes({&c, 1}), "has a comma or ends");
          break;
        }
        state_ = c == ',' ? State::value : State::after;
        ++at;
        break;
      case State::after:
        fail_at(in_quotes({&c, 1}), "has ended");
        break;
    }
  }
  return at;
}

Result<bool> JsonArrayReader::next(Batch& batch) {
  while (batch.events.empty() && batch.rejected.empty()) {
    if (failure_) return tl::make_unexpected(*failure_);
    LOTSE_TRY(const std::string_view text, window_.next(batch.text));
    if (text.empty() && state_ == State::after) return false;
    const std::size_t end = scan(batch, text);
    const std::string_view rest = text.substr(end);
    // An element that fills a whole piece has lost its end; where the next one begins cannot be told.
    const bool lost = end == 0 && rest.size() > facts_.limits.bytes;
    if (!failure_ && (lost || (window_.at_end() && state_ != State::after))) {
      fail_at(lost ? "an event without end" : "the end of the file", "goes on");
    }
    window_.leave(rest);
  }
  return true;
}

}  // namespace lotse::file
