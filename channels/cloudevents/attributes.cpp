#include "channels/cloudevents/attributes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/base/traceparent.hpp"

namespace lotse::cloudevents {
namespace {

/// Attributes have no underscores in their names, namespaces of identifiers do.
struct IdAttribute {
  std::string_view attribute;
  std::string_view name_space;
};
constexpr std::array id_attributes{IdAttribute{"userid", "user_id"},
                                   IdAttribute{"anonymousid", "anonymous_id"}, IdAttribute{"email", "email"},
                                   IdAttribute{"phone", "phone"}, IdAttribute{"loyaltyid", "loyalty_id"}};
/// What has its own place in an event, or says how the data is written.
constexpr std::array<std::string_view, 11> placed{
    "specversion",     "id",   "source",      "type",      "time", "channel", "dataschema",
    "datacontenttype", "data", "traceparent", "tracestate"};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string unquoted(std::string_view raw) {
  if (raw.size() < 2 || raw.front() != '"' || raw.back() != '"') return std::string(raw);
  std::string out;
  for (std::size_t i = 1; i + 1 < raw.size(); ++i) {
    if (raw[i] == '\\' && i + 2 < raw.size()) ++i;
    out += raw[i];
  }
  return out;
}

std::string name_of(const Value& value) {
  if (const std::string* text = value.string()) return *text;
  return value.number() ? to_json(value) : std::string{};
}

/// Data that has `ids` says all that a native event's body does; other data are properties.
const Value* part(const CloudEvent& event, std::string_view name) {
  const bool native =
      event.data && event.data->find("ids") != nullptr && event.data->find("ids")->map() != nullptr;
  return native ? event.data->find(name) : nullptr;
}

std::vector<Identifier> ids_of(const CloudEvent& event) {
  std::vector<Identifier> ids;
  const auto add = [&](std::string_view name_space, std::string value) {
    if (!value.empty()) ids.push_back({std::string(name_space), std::move(value)});
  };
  if (const Value* const named = part(event, "ids")) {
    for (const auto& [key, value] : *named->map()) add(*key.string(), name_of(value));
  }
  for (const IdAttribute& id : id_attributes) {
    const Identifier named{std::string(id.name_space), std::string(event.get(id.attribute))};
    if (std::ranges::find(ids, named) == ids.end()) add(named.name_space, named.value);
  }
  if (!ids.empty()) return ids;
  const std::string_view subject = event.get("subject");
  const std::size_t colon = subject.find(':');
  if (colon == std::string_view::npos) {
    add("user_id", std::string(subject));
  } else {
    add(subject.substr(0, colon), std::string(subject.substr(colon + 1)));
  }
  return ids;
}

bool is_extension(std::string_view name) {
  return std::ranges::find(placed, name) == placed.end() &&
         std::ranges::find(id_attributes, name, &IdAttribute::attribute) == id_attributes.end();
}

tl::expected<Value, Mistake> properties_of(const CloudEvent& event) {
  Map out;
  const Value* const native = part(event, "ids") != nullptr ? part(event, "properties") : nullptr;
  if (part(event, "ids") != nullptr) {
    if (native != nullptr && !native->is_null()) {
      if (native->map() == nullptr) {
        return tl::make_unexpected(Mistake{.reason = "`data.properties` must be an object", .detail = {}});
      }
      out = *native->map();
    }
  } else if (event.data && event.data->map() != nullptr) {
    out = *event.data->map();
  } else if (event.data && !event.data->is_null()) {
    out.emplace_back(Value("data"), *event.data);
  }
  for (const auto& [name, value] : event.attributes) {
    const auto same = [&](const auto& entry) { return *entry.first.string() == name; };
    if (is_extension(name) && std::ranges::none_of(out, same)) out.emplace_back(Value(name), Value(value));
  }
  return Value(std::move(out));
}

std::optional<Mistake> required(const CloudEvent& event) {
  for (const std::string_view name : {"id", "source", "type"}) {
    if (event.get(name).empty()) return Mistake{.reason = fmt::format("`{}` is missing", name), .detail = {}};
  }
  const std::string_view version = event.get("specversion");
  if (version == "1.0") return std::nullopt;
  return Mistake{.reason = "`specversion` is not 1.0",
                 .detail = version.empty() ? std::string("it is missing") : in_quotes(version)};
}

}  // namespace

std::string_view CloudEvent::get(std::string_view name) const {
  const auto found = std::ranges::find(attributes, name, &std::pair<std::string, std::string>::first);
  return found == attributes.end() ? std::string_view{} : std::string_view(found->second);
}

std::optional<std::string> header_value(std::string_view raw) {
  const std::string text = unquoted(raw);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape =
        text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
    if (!escape) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
    i += 2;
  }
  return find_bad_utf8(out) ? std::nullopt : std::optional(std::move(out));
}

tl::expected<Event, Mistake> event_of(const CloudEvent& from, Instant received, const Sender& sender) {
  if (auto mistake = required(from)) return tl::make_unexpected(*std::move(mistake));
  Event event;
  event.id = from.get("id");
  event.source = from.get("source");
  event.type = from.get("type");
  event.time = received;
  if (const std::string_view time = from.get("time"); !time.empty()) {
    const auto instant = parse_instant(time);
    if (!instant)
      return tl::make_unexpected(Mistake{.reason = "`time` is not RFC 3339", .detail = in_quotes(time)});
    event.time = *instant;
  }
  event.ids = ids_of(from);
  if (event.ids.empty()) {
    return tl::make_unexpected(
        Mistake{.reason = "no customer is named",
                .detail = "by `data.ids`, by an attribute such as `userid`, or by `subject`"});
  }
  std::string named(from.get("channel"));
  if (const Value* const channel = part(from, "channel"); named.empty() && channel != nullptr)
    named = name_of(*channel);
  const auto channel = channel_of(named, sender);
  if (!channel) {
    return tl::make_unexpected(Mistake{.reason = "`channel` is not the token's",
                                       .detail = fmt::format("{}; this token posts as {}", in_quotes(named),
                                                             fmt::join(sender.channels, ", "))});
  }
  event.channel = *channel;
  auto properties = properties_of(from);
  if (!properties) return tl::make_unexpected(properties.error());
  event.properties = *std::move(properties);
  if (const Value* const traits = part(from, "traits"); traits != nullptr && traits->map() != nullptr) {
    event.traits = *traits;
  }
  if (const std::string_view trace = from.get("traceparent"); is_traceparent(trace))
    event.traceparent = trace;
  return event;
}

}  // namespace lotse::cloudevents
