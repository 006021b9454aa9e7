#include "channels/http/lane.hpp"

#include <fmt/chrono.h>

#include <utility>

#include "channels/http/connection.hpp"

namespace lotse::http {

void Lane::send(std::shared_ptr<Connection> to, std::optional<Response> answer) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    first = notes_.empty();
    notes_.push_back({std::move(to), std::move(answer)});
  }
  if (first) wake();  // one waking serves all that come before it: a commit answers many requests at once
}

void Lane::deliver() {
  std::vector<Note> notes;
  {
    const std::lock_guard lock(mutex_);
    notes.swap(notes_);
  }
  for (Note& note : notes) {
    if (note.answer) {
      note.to->answer(std::move(*note.answer));
    } else {
      note.to->stream_changed();
    }
  }
}

void Lane::close_mailbox() {
  std::vector<Note> dropped;
  const std::lock_guard lock(mutex_);
  closed_ = true;
  dropped.swap(notes_);
}

void Lane::enter(Connection& connection) {
  connection.place_in_lane_ = connections_.size();
  connections_.push_back(&connection);
}

void Lane::leave(Connection& connection) {
  Connection* last = connections_.back();
  connections_[connection.place_in_lane_] = last;
  last->place_in_lane_ = connection.place_in_lane_;
  connections_.pop_back();
}

/// Backwards: whoever leaves is replaced by one that has been visited.
template <class Visit>
void Lane::for_each(const Visit& visit) {
  for (std::size_t i = connections_.size(); i-- > 0;) {
    if (i >= connections_.size()) continue;
    const auto held = connections_[i]->shared_from_this();
    visit(*held);
  }
}

void Lane::sweep() {
  const SteadyTime now = std::chrono::steady_clock::now();
  for_each([&](Connection& connection) { connection.look_at_clock(now); });
}

void Lane::drain() {
  for_each([](Connection& connection) { connection.drain(); });
}

void Lane::abort() {
  for_each([](Connection& connection) { connection.close(); });
}

std::string_view Lane::date() {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  if (now != date_of_) {
    date_of_ = now;
    date_ =
        fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
  }
  return date_;
}

}  // namespace lotse::http
