#include "channels/file/xes_reader.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <pugixml.hpp>

namespace lotse::file {
namespace {

constexpr std::size_t npos = std::string_view::npos;

std::uint64_t newlines(std::string_view text) {
  return static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
}

/// Behind the construct without content that begins at `at` with `open`; npos if it goes on behind the text.
std::size_t behind(std::string_view text, std::size_t at, std::string_view open, std::string_view close) {
  const std::size_t end = text.find(close, at + open.size());
  return end == npos ? npos : end + close.size();
}

/// Behind a comment, CDATA section or processing instruction at `at`; `at` itself if there is none.
std::size_t skip_aside(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  for (const auto& [open, close] :
       {std::pair<std::string_view, std::string_view>{"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}}) {
    if (rest.starts_with(open)) return behind(text, at, open, close);
    if (open.starts_with(rest)) return npos;  // cut within
  }
  return at;
}

struct Tag {
  std::string_view name;  ///< without the namespace's prefix
  bool closes = false;    ///< `</name>`
  bool empty = false;     ///< `<name/>`
  std::size_t end = npos;
};

/// The tag at `at`; its end is npos if it goes on behind the text.
Tag read_tag_at(std::string_view text, std::size_t at) {
  Tag tag;
  char quote = '\0';
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '>') {
      tag.end = i + 1;
      break;
    }
  }
  if (tag.end == npos) return tag;
  std::string_view inside = text.substr(at + 1, tag.end - at - 2);
  tag.closes = inside.starts_with('/');
  if (tag.closes) inside.remove_prefix(1);
  tag.empty = inside.ends_with('/');
  tag.name = inside.substr(0, inside.find_first_of(" \t\r\n/"));
  if (const std::size_t colon = tag.name.find(':'); colon != npos) tag.name.remove_prefix(colon + 1);
  return tag;
}

/// Behind the element that begins at `at`; npos if it goes on behind the text.
std::size_t end_of_element(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  while (true) {
    at = text.find('<', at);
    if (at == npos) return npos;
    const std::size_t aside = skip_aside(text, at);
    if (aside == npos) return npos;
    if (aside != at) {
      at = aside;
      continue;
    }
    const Tag tag = read_tag_at(text, at);
    if (tag.end == npos) return npos;
    if (tag.closes) {
      if (depth <= 1) return tag.end;
      --depth;
    } else if (!tag.empty) {
      ++depth;
    } else if (depth == 0) {
      return tag.end;
    }
    at = tag.end;
  }
}

std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const std::size_t colon = name.find(':');
  return colon == npos ? name : name.substr(colon + 1);
}

/// An attribute's value in its own type; as text where it does not keep to it.
Value typed(std::string_view type, std::string_view text) {
  const char* const end = text.data() + text.size();
  if (type == "int") {
    std::int64_t number = 0;
    if (const auto read = std::from_chars(text.data(), end, number);
        read.ec == std::errc{} && read.ptr == end) {
      return Value(number);
    }
  } else if (type == "float") {
    double number = 0;
    const auto read = std::from_chars(text.data(), end, number);
    if (read.ec == std::errc{} && read.ptr == end && std::isfinite(number)) return Value(number);
  } else if (type == "boolean") {
    if (text == "true" || text == "1") return Value(true);
    if (text == "false" || text == "0") return Value(false);
  } else if (type == "date") {
    if (const auto instant = parse_instant(text)) return Value(format_instant(*instant));
  }
  return Value(text);
}

}  // namespace

/// pugixml's document, kept for its memory.
class XesReader::Document {
 public:
  pugi::xml_parse_result load(std::string_view element) {
    return xml_.load_buffer(element.data(), element.size(), pugi::parse_default, pugi::encoding_utf8);
  }
  [[nodiscard]] pugi::xml_node root() const { return xml_.document_element(); }

  static void collect(const pugi::xml_node& node, std::string_view prefix, std::vector<Attribute>& to) {
    for (const pugi::xml_node& child : node.children()) {
      const pugi::xml_attribute key = child.attribute("key");
      const pugi::xml_attribute value = child.attribute("value");
      if (!key || !value) continue;  // an event; or a list, which has no value of its own
      to.push_back(
          {.type = local_name(child), .key = std::string(prefix) + key.value(), .value = value.value()});
    }
  }

 private:
  pugi::xml_document xml_;
};

XesReader::XesReader(Window window, const Mapping* mapping, const FileFacts& facts)
    : window_(std::move(window)),
      facts_(facts),
      mapper_(mapping != nullptr && mapping->time ? *mapping : xes_mapping(), facts),
      all_properties_(mapping == nullptr || !mapping->time),
      document_(std::make_unique<Document>()),
      cells_(mapper_.columns().size()) {}

XesReader::~XesReader() = default;

void XesReader::fail_here(std::string message) {
  failure_ = Error{ErrorCode::bad_input,
                   fmt::format("{}:{}: {}", window_.input().name(), line_, std::move(message))};
}

Result<bool> XesReader::next(Batch& batch) {
  while (batch.events.empty() && batch.rejected.empty()) {
    if (failure_) return tl::make_unexpected(*failure_);
    LOTSE_TRY(const std::string_view text, window_.next(batch.text));
    if (text.empty() && part_ == Part::after_log) return false;
    const std::string_view rest = text.substr(read_piece(batch, text));
    if (failure_) continue;
    if (window_.at_end() && (part_ != Part::after_log || !rest.empty())) {
      line_ += newlines(rest.substr(0, rest.find('<')));
      fail_here(part_ == Part::before_log ? "there is no <log> here" : "the log does not end");
    } else if (rest.size() > trace_bytes_max) {
      fail_here(fmt::format("a trace is longer than {} MiB", trace_bytes_max >> 20U));
    }
    window_.leave(rest);
  }
  return true;
}

std::size_t XesReader::read_piece(Batch& batch, std::string_view text) {
  std::size_t at = 0;
  while (!failure_) {
    const std::size_t open = std::min(text.find('<', at), text.size());
    line_ += newlines(text.substr(at, open - at));
    at = open;
    if (at == text.size()) break;
    std::size_t end = skip_aside(text, at);
    if (end == at) end = read_tag(batch, text, at);
    if (end == npos) break;
    if (end > at) line_ += newlines(text.substr(at, end - at));
    at = end;
  }
  return at;
}

std::size_t XesReader::read_tag(Batch& batch, std::string_view text, std::size_t at) {
  if (text.substr(at).starts_with("<!")) {
    fail_here("a document type is not read (it could name entities)");
    return at;
  }
  const Tag tag = read_tag_at(text, at);
  if (tag.end == npos) return npos;
  switch (part_) {
    case Part::before_log:
      if (tag.name != "log" || tag.closes) {
        fail_here(fmt::format("<{}> where an XES log begins with <log>", tag.name));
        return at;
      }
      part_ = tag.empty ? Part::after_log : Part::in_log;
      return tag.end;
    case Part::in_log:
      break;
    case Part::after_log:
      fail_here(fmt::format("<{}> behind the log", tag.name));
      return at;
  }
  if (tag.closes) {
    if (tag.name != "log") {
      fail_here(fmt::format("</{}> closes nothing", tag.name));
      return at;
    }
    part_ = Part::after_log;
    return tag.end;
  }
  const std::size_t end = end_of_element(text, at);
  if (end == npos) return npos;
  const bool is_trace = tag.name == "trace";
  if (is_trace || tag.name == "event") read_element(batch, text, text.substr(at, end - at), is_trace);
  return end;
}

void XesReader::read_element(Batch& batch, std::string_view text, std::string_view element, bool is_trace) {
  ++trace_;
  const Place whole = place_of(line_, text, element);
  if (!simdjson::validate_utf8(element.data(), element.size())) {
    return reject(batch, whole, {.reason = "not UTF-8", .detail = {}});
  }
  if (const auto parsed = document_->load(element); !parsed) {
    return reject(batch, whole,
                  {.reason = "not well-formed XML",
                   .detail = parsed.description(),
                   .at = static_cast<std::size_t>(std::max<std::ptrdiff_t>(parsed.offset, 0))});
  }
  std::vector<Attribute> of_trace;
  if (is_trace) Document::collect(document_->root(), "case:", of_trace);

  std::uint64_t number = 0;
  std::uint64_t line = line_;
  std::size_t counted = 0;
  const auto read = [&](const pugi::xml_node& node) {
    const std::size_t begin = static_cast<std::size_t>(node.offset_debug()) - 1;  // it points behind the `<`
    line += newlines(element.substr(counted, begin - counted));
    counted = begin;
    std::vector<Attribute> attributes = of_trace;
    Document::collect(node, "", attributes);
    read_event(batch, text, element.substr(begin, end_of_element(element, begin) - begin), line, attributes,
               ++number);
  };
  if (!is_trace) return read(document_->root());
  for (const pugi::xml_node& child : document_->root().children()) {
    if (local_name(child) == "event") read(child);
  }
}

void XesReader::read_event(Batch& batch, std::string_view text, std::string_view event, std::uint64_t line,
                           const std::vector<Attribute>& attributes, std::uint64_t number) {
  const Place place = place_of(line, text, event);
  auto mistake = event.size() > facts_.limits.bytes ? std::optional(too_long(facts_.limits, event.size()))
                                                    : make(event, attributes, number);
  if (mistake) return reject(batch, place, *std::move(mistake));
  batch.add(event_, place);
}

std::optional<Mistake> XesReader::make(std::string_view event, const std::vector<Attribute>& attributes,
                                       std::uint64_t number) {
  const auto value_of = [&](std::string_view key) {
    // From the end: an event's own attribute goes before one of its trace.
    const auto found = std::find_if(attributes.rbegin(), attributes.rend(),
                                    [&](const auto& each) { return each.key == key; });
    return found == attributes.rend() ? std::string_view{} : found->value;
  };
  std::ranges::transform(mapper_.columns(), cells_.begin(),
                         [&](const auto& column) { return value_of(column.name); });
  std::string id = fmt::format("{}.{:06}", facts_.event_id(trace_), number);
  if (auto mistake = mapper_.make(cells_, event, std::move(id), event_)) return mistake;
  if (!all_properties_) return std::nullopt;

  Map properties;
  for (const Attribute& each : attributes) {
    const bool taken =
        std::ranges::find(mapper_.columns(), each.key, &RowMapper::Column::name) != mapper_.columns().end();
    const bool repeated =
        std::ranges::any_of(properties, [&](const auto& entry) { return *entry.first.string() == each.key; });
    if (taken || repeated) continue;
    properties.emplace_back(Value(each.key), typed(each.type, each.value));
  }
  event_.properties = Value(std::move(properties));
  return std::nullopt;
}

}  // namespace lotse::file
