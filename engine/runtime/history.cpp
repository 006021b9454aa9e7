#include "engine/runtime/history.hpp"

#include <algorithm>

namespace lotse {

void EventTexts::add(std::string_view text) {
  begins_.push_back(bytes_.size());
  bytes_ += text;
}

Result<std::vector<Event>> EventTexts::read(EventReader& reader, const EventFilter& filter) {
  const std::size_t end = bytes_.size();
  bytes_.append(EventReader::padding, '\0');
  std::vector<Event> events;
  events.reserve(begins_.size());
  for (std::size_t i = 0; i < begins_.size(); ++i) {
    const std::size_t behind = i + 1 < begins_.size() ? begins_[i + 1] : end;
    LOTSE_TRY(Event event, reader.read(std::string_view(bytes_).substr(begins_[i], behind - begins_[i])));
    if (filter.takes(event)) events.push_back(std::move(event));
  }
  return events;
}

Result<std::vector<Event>> read_history(EventLog& log, std::span<const EventNumber> heads,
                                        const EventFilter& filter) {
  EventTexts texts;
  LOTSE_CHECK(log.follow(heads, [&](std::size_t, const LoggedText& event) -> Result<void> {
    texts.add(event.text);
    return {};
  }));
  EventReader reader;
  LOTSE_TRY(std::vector<Event> events, texts.read(reader, filter));
  std::ranges::sort(events, {}, &Event::key);
  return events;
}

}  // namespace lotse
