#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "engine/runtime/dialect.hpp"

namespace lotse::cloudevents {

/// One CloudEvent, as any of its forms gives it.
struct CloudEvent {
  std::vector<std::pair<std::string, std::string>> attributes;  ///< extensions too; as text
  std::optional<Value> data;

  [[nodiscard]] std::string_view get(std::string_view name) const;  ///< empty: not there
};

/// HTTP binding, section 3.1.3.2: a header's value without its quotes, then percent-decoded once; bytes
/// beyond ASCII stay as they are. Nothing for what is no UTF-8 then.
[[nodiscard]] std::optional<std::string> header_value(std::string_view raw);

/// The event that it stands for: the table of docs/cloudevents.md.
[[nodiscard]] tl::expected<Event, Mistake> event_of(const CloudEvent& event, Instant received,
                                                    const Sender& sender);

}  // namespace lotse::cloudevents
