#include "channels/http/event_stream.hpp"

#include <algorithm>
#include <utility>

#include "channels/http/connection.hpp"

namespace lotse::http {
namespace {

/// Field by field (WHATWG HTML, section 9.2.6); data of several lines is as many fields.
std::string event_text(std::string_view event, std::string_view data) {
  std::string text;
  text.reserve(event.size() + data.size() + 24);
  if (!event.empty())
    text.append("event: ").append(event.substr(0, event.find_first_of("\r\n"))).append("\n");
  for (;;) {
    const std::size_t end = std::min(data.find_first_of("\r\n"), data.size());
    text.append("data: ").append(data.substr(0, end)).append("\n");
    if (end == data.size()) break;
    data.remove_prefix(data.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
  }
  return text.append("\n");
}

}  // namespace

StreamQueue::Added StreamQueue::add(std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (closed_ || ended_) return {};
  if (waiting_.size() + text.size() > bytes_max_) {
    closed_ = true;
    std::string().swap(waiting_);
    return {.open = false, .tell = true};
  }
  waiting_.append(text);
  return {.open = true, .tell = !std::exchange(told_, true)};
}

bool StreamQueue::end() {
  const std::lock_guard lock(mutex_);
  return !std::exchange(ended_, true) && !closed_;
}

void StreamQueue::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

bool StreamQueue::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

StreamQueue::Taken StreamQueue::take() {
  const std::lock_guard lock(mutex_);
  told_ = false;
  return {.text = std::exchange(waiting_, {}), .ended = ended_, .closed = closed_};
}

ClientStream::~ClientStream() {
  if (queue_->end()) connection_->tell_of_stream();
}

bool ClientStream::send(std::string_view event, std::string_view data) {
  const StreamQueue::Added added = queue_->add(event_text(event, data));
  if (added.tell) connection_->tell_of_stream();
  return added.open;
}

}  // namespace lotse::http
