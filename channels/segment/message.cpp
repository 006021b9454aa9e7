#include "channels/segment/message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/hash.hpp"
#include "engine/runtime/json_outline.hpp"

namespace lotse::segment {
namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

/// What is kept of `context`: where the customer was and by what; no addresses of the net, no ids of devices,
/// no names of libraries.
struct Kept {
  std::string_view name;
  std::array<std::string_view, 3> fields;  ///< empty: all of it
};
constexpr std::array kept{Kept{"campaign", {}},
                          Kept{"page", {}},
                          Kept{"referrer", {}},
                          Kept{"locale", {}},
                          Kept{"timezone", {}},
                          Kept{"device", {"type", "manufacturer", "model"}},
                          Kept{"os", {"name", "version"}},
                          Kept{"app", {"name", "version"}},
                          Kept{"sessionId", {}}};

Mistake mistake_at(std::string_view text, std::string_view key, std::string reason, std::string detail = {}) {
  Mistake out{.reason = std::move(reason), .detail = std::move(detail)};
  if (const auto value = json::member(text, key))
    out.at = static_cast<std::size_t>(value->data() - text.data());
  return out;
}

/// Text, or a number as text; empty for anything else.
std::string name_of(const Value* value) {
  if (value == nullptr) return {};
  if (const std::string* text = value->string()) return *text;
  if (value->number()) return to_json(*value);
  return {};
}

const Value* find(const Value& map, std::string_view outer, std::string_view inner) {
  const Value* const found = map.find(outer);
  return found == nullptr ? nullptr : found->find(inner);
}

void add_id(std::vector<Identifier>& ids, std::string name_space, std::string value) {
  if (value.empty() || name_space.empty()) return;
  Identifier id{std::move(name_space), std::move(value)};
  if (std::ranges::find(ids, id) == ids.end()) ids.push_back(std::move(id));
}

/// `context.externalIds` of Segment, `context.externalId` of RudderStack: `[{type, id}]`, of persons.
void add_external_ids(std::vector<Identifier>& ids, const Value& message) {
  for (const std::string_view key : {"externalIds", "externalId"}) {
    const Value* const list = find(message, "context", key);
    if (list == nullptr || list->list() == nullptr) continue;
    for (const Value& each : *list->list()) {
      const std::string collection = name_of(each.find("collection"));
      if (collection.empty() || collection == "users")
        add_id(ids, name_of(each.find("type")), name_of(each.find("id")));
    }
  }
}

/// Who is renamed may have been known by a device's id or by an account's; only the first stands beside it as
/// `anonymousId`.
std::string_view previous_name_space(const Value& message) {
  const std::string anonymous = name_of(message.find("anonymousId"));
  return anonymous.empty() || anonymous == name_of(message.find("previousId")) ? "anonymous_id" : "user_id";
}

const Value* traits_of(const Value& message) {
  const Value* const traits = message.find("traits");
  return traits != nullptr && traits->map() != nullptr ? traits : find(message, "context", "traits");
}

std::vector<Identifier> ids_of(const Value& message, std::string_view call) {
  std::vector<Identifier> ids;
  add_id(ids, "user_id", name_of(message.find("userId")));
  if (call == "alias") {
    add_id(ids, std::string(previous_name_space(message)), name_of(message.find("previousId")));
  } else {
    add_id(ids, "anonymous_id", name_of(message.find("anonymousId")));
  }
  if (call == "identify") {
    const Value* const traits = traits_of(message);
    if (traits != nullptr) add_id(ids, "email", name_of(traits->find("email")));
  }
  add_external_ids(ids, message);
  return ids;
}

Value picked(const Value& from, const Kept& what) {
  if (what.fields.front().empty() || from.map() == nullptr) return from;
  Map map;
  for (const std::string_view field : what.fields) {
    const Value* const value = from.find(field);
    if (!field.empty() && value != nullptr) map.emplace_back(Value(field), *value);
  }
  return Value(std::move(map));
}

Map context_of(const Value& message, std::string_view call) {
  Map out;
  for (const Kept& each : kept) {
    if (each.name == "page" && call == "page") continue;  // its properties have that already
    const Value* const value = find(message, "context", each.name);
    if (value == nullptr || value->is_null()) continue;
    Value some = picked(*value, each);
    if (some.map() == nullptr || !some.map()->empty()) out.emplace_back(Value(each.name), std::move(some));
  }
  return out;
}

void add_missing(Map& map, std::string_view name, const Value* value) {
  if (value == nullptr || value->is_null()) return;
  const auto same = [&](const auto& entry) {
    return entry.first.string() != nullptr && *entry.first.string() == name;
  };
  if (std::ranges::none_of(map, same)) map.emplace_back(Value(name), *value);
}

tl::expected<Value, Mistake> properties_of(const Value& message, std::string_view text,
                                           std::string_view call) {
  Map out;
  const Value* const properties = message.find("properties");
  if (properties != nullptr && !properties->is_null()) {
    if (properties->map() == nullptr) {
      return tl::make_unexpected(mistake_at(text, "properties", "`properties` must be an object"));
    }
    out = *properties->map();
  }
  if (call == "page" || call == "screen") {
    add_missing(out, "name", message.find("name"));
    add_missing(out, "category", message.find("category"));
  }
  if (call == "group") {
    add_missing(out, "group_id", message.find("groupId"));
    add_missing(out, "traits", message.find("traits"));
  }
  const Value context(context_of(message, call));
  if (!context.map()->empty()) add_missing(out, "context", &context);
  return Value(std::move(out));
}

tl::expected<std::optional<Instant>, Mistake> moment(const Value& message, std::string_view text,
                                                     std::string_view key) {
  const Value* const value = message.find(key);
  if (value == nullptr || value->is_null()) return std::nullopt;
  const std::string* const written = value->string();
  const auto instant = written == nullptr ? std::nullopt : parse_instant(*written, true);
  if (instant) return instant;
  return tl::make_unexpected(mistake_at(text, key, fmt::format("`{}` is not ISO 8601", key),
                                        written == nullptr ? to_json(*value) : in_quotes(*written)));
}

struct Times {
  Instant time{};
  bool own = false;  ///< the message says when it happened
};

tl::expected<Times, Mistake> time_of(const Value& message, std::string_view text, const Envelope& envelope) {
  const auto original = moment(message, text, "originalTimestamp");
  if (!original) return tl::make_unexpected(original.error());
  const auto timestamp = moment(message, text, "timestamp");
  if (!timestamp) return tl::make_unexpected(timestamp.error());
  // RudderStack: what stands beside the clock's reading was set by who made the message.
  if (*original && *timestamp) return Times{.time = **timestamp, .own = true};
  const std::optional<Instant> by_clock = *original ? *original : *timestamp;
  if (!by_clock) return Times{.time = envelope.received};
  const Value* const sent = message.find("sentAt");
  const std::optional<Instant> own_sent =
      sent == nullptr || sent->string() == nullptr ? std::nullopt : parse_instant(*sent->string(), true);
  return Times{.time = without_skew(*by_clock, own_sent ? own_sent : envelope.sent, envelope.received),
               .own = true};
}

/// A message without an id gets one of its content, so that it is the same when it is sent again. One that
/// also does not say when it happened is another each time.
std::string id_of(const Value& message, std::string_view text, const Times& times, Instant received) {
  std::string id = name_of(message.find("messageId"));
  if (!id.empty()) return id;
  const std::string salt = times.own ? std::string{} : format_instant(received);
  return hex(sha256(std::string(text) + salt)).substr(0, 32);
}

/// Where a token may post as several, `context.channel` picks one of them.
std::string channel_for(const Value& message, const Sender& sender) {
  const std::string named = name_of(find(message, "context", "channel"));
  const auto channel = channel_of(named, sender);
  return std::string(channel ? *channel : sender.channels.front());
}

constexpr std::array calls{"track", "identify", "page", "screen", "group", "alias"};

}  // namespace

std::string event_type(std::string_view name) {
  std::string out;
  const auto part = [&] {
    if (!out.empty() && out.back() != '_') out += '_';
  };
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool word = is_lower(c) || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80U;
    if (is_upper(c)) {
      const bool after_small = i > 0 && is_lower(name[i - 1]);
      const bool ends_capitals =
          i > 0 && is_upper(name[i - 1]) && i + 1 < name.size() && is_lower(name[i + 1]);
      if (after_small || ends_capitals) part();
      out += static_cast<char>(c - 'A' + 'a');
    } else if (word) {
      out += c;
    } else {
      part();
    }
  }
  if (out.ends_with('_')) out.pop_back();
  return out;
}

Instant without_skew(Instant original, std::optional<Instant> sent, Instant received) {
  if (!sent || *sent < original) return original;
  const Duration ahead = *sent - received;
  return ahead <= clocks_agree && ahead >= -clocks_agree ? original : original - ahead;
}

tl::expected<Event, Mistake> event_of(const Value& message, std::string_view text, std::string_view call,
                                      const Envelope& envelope) {
  if (message.map() == nullptr) return tl::make_unexpected(Mistake{.reason = "not an object", .detail = {}});
  if (std::ranges::find(calls, call) == calls.end()) {
    return tl::make_unexpected(
        mistake_at(text, "type", "`type` is none of the calls",
                   fmt::format("{}; one of {}", in_quotes(call), fmt::join(calls, ", "))));
  }
  Event event;
  event.type = call == "track" ? event_type(name_of(message.find("event"))) : std::string(call);
  if (event.type.empty()) {
    return tl::make_unexpected(mistake_at(text, "event", "`event` is no name of an event"));
  }
  event.ids = ids_of(message, call);
  if (event.ids.empty()) {
    return tl::make_unexpected(Mistake{.reason = "`userId` and `anonymousId` are missing", .detail = {}});
  }
  const auto times = time_of(message, text, envelope);
  if (!times) return tl::make_unexpected(times.error());
  event.time = times->time;
  auto properties = properties_of(message, text, call);
  if (!properties) return tl::make_unexpected(properties.error());
  event.properties = *std::move(properties);
  if (call == "identify") {
    const Value* const traits = traits_of(message);
    if (traits != nullptr && traits->map() != nullptr) event.traits = *traits;
  }
  event.id = id_of(message, text, *times, envelope.received);
  event.source = envelope.sender->source;
  event.channel = channel_for(message, *envelope.sender);
  return event;
}

}  // namespace lotse::segment
