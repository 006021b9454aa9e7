#include "channels/file/row_mapper.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "engine/base/assert.hpp"

namespace lotse::file {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  const std::size_t first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return text.substr(0, 0);  // still knows its place
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

template <class Number>
std::optional<Number> read_number(std::string_view text) {
  if (text.starts_with('+') && text.size() > 1 && text[1] != '-') text.remove_prefix(1);
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<bool> read_boolean(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (lower == "true" || lower == "yes" || lower == "1") return true;
  if (lower == "false" || lower == "no" || lower == "0") return false;
  return std::nullopt;
}

std::string_view described(CellType type) {
  switch (type) {
    case CellType::text:
      return "text";
    case CellType::integer:
      return "an integer";
    case CellType::number:
      return "a number";
    case CellType::boolean:
      return "true or false";
    case CellType::timestamp:
      return "a time";
  }
  return {};
}

}  // namespace

RowMapper::RowMapper(const Mapping& mapping, const FileFacts& facts) : facts_(facts), zone_(mapping.zone) {
  LOTSE_ASSERT(mapping.time && mapping.type);
  time_ = source_of(*mapping.time);
  type_ = source_of(*mapping.type);
  if (mapping.channel) channel_ = source_of(*mapping.channel);
  if (mapping.id) id_ = source_of(*mapping.id);
  ids_ = named(mapping.ids);
  properties_ = named(mapping.properties);
  traits_ = named(mapping.traits);
}

RowMapper::Source RowMapper::source_of(const Cell& cell) {
  Source source{.text = cell.constant, .type = cell.type, .format = cell.format};
  if (cell.column.empty()) return source;
  const auto known = std::ranges::find(columns_, cell.column, &Column::name);
  source.column = static_cast<std::size_t>(known - columns_.begin());
  if (known == columns_.end()) columns_.push_back({.name = cell.column, .where = cell.where});
  return source;
}

std::vector<RowMapper::Named> RowMapper::named(const std::vector<std::pair<std::string, Cell>>& cells) {
  std::vector<Named> out;
  for (const auto& [name, cell] : cells)
    out.push_back({.name = name, .key = Value(name), .source = source_of(cell)});
  return out;
}

std::string_view RowMapper::text_of(const Source& source, std::span<const std::string_view> cells) const {
  return source.column == Source::constant ? std::string_view(source.text) : cells[source.column];
}

Mistake RowMapper::mistake(const Source& source, std::string_view what, std::string_view text,
                           std::string_view record) const {
  const std::string subject = source.column == Source::constant
                                  ? fmt::format("the constant {}", in_quotes(source.text))
                                  : fmt::format("column `{}`", columns_[source.column].name);
  Mistake out{.reason = fmt::format("{} {}", subject, what),
              .detail = text.empty() ? std::string{} : in_quotes(text)};
  const bool within = std::less_equal<>{}(record.data(), text.data()) &&
                      std::less<>{}(text.data(), record.data() + record.size());
  if (within) out.at = static_cast<std::size_t>(text.data() - record.data());
  return out;
}

std::optional<Value> RowMapper::read_value(const Source& source, std::string_view text) const {
  const std::string_view bare = trimmed(text);
  switch (source.type) {
    case CellType::text:
      return Value(text);
    case CellType::integer:
      if (const auto integer = read_number<std::int64_t>(bare)) return Value(*integer);
      return std::nullopt;
    case CellType::number:
      if (const auto number = read_number<double>(bare); number && std::isfinite(*number))
        return Value(*number);
      return std::nullopt;
    case CellType::boolean:
      if (const auto boolean = read_boolean(bare)) return Value(*boolean);
      return std::nullopt;
    case CellType::timestamp: {
      // As text, because that is what the log gives back: JSON has no instants.
      const auto instant = source.format ? source.format->read(bare, zone_) : read_instant(bare, zone_);
      if (instant) return Value(format_instant(*instant));
      return std::nullopt;
    }
  }
  return std::nullopt;
}

std::optional<Mistake> RowMapper::read_map(const std::vector<Named>& from,
                                           std::span<const std::string_view> cells, std::string_view record,
                                           Value& to) const {
  to = empty_;
  if (from.empty()) return std::nullopt;
  Map map;
  map.reserve(from.size());
  for (const Named& each : from) {
    const std::string_view text = text_of(each.source, cells);
    if (text.empty() || (each.source.type != CellType::text && trimmed(text).empty())) continue;
    auto value = read_value(each.source, text);
    if (!value)
      return mistake(each.source, fmt::format("is not {}", described(each.source.type)), text, record);
    map.emplace_back(each.key, *std::move(value));
  }
  to = Value(std::move(map));
  return std::nullopt;
}

std::optional<Mistake> RowMapper::make(std::span<const std::string_view> cells, std::string_view record,
                                       std::string id, Event& event) const {
  const std::string_view type = trimmed(text_of(type_, cells));
  if (type.empty()) return mistake(type_, "is empty: the event has no type", type, record);
  const std::string_view time_text = trimmed(text_of(time_, cells));
  if (time_text.empty()) return mistake(time_, "is empty: the event has no time", time_text, record);
  const auto time = time_.format ? time_.format->read(time_text, zone_) : read_instant(time_text, zone_);
  if (!time) {
    const bool needs_zone = !zone_ && (time_.format ? time_.format->read(time_text, Zone::utc())
                                                    : read_instant(time_text, Zone::utc()));
    return mistake(time_, needs_zone ? "has no offset: the mapping must name a `zone`" : "is not a time",
                   time_text, record);
  }

  event.time = *time;
  event.type = type;
  event.source = facts_.file_id;
  event.channel = channel_ ? trimmed(text_of(*channel_, cells)) : std::string_view{};
  event.id = id_ ? trimmed(text_of(*id_, cells)) : std::string_view{};
  if (event.id.empty()) event.id = std::move(id);
  event.ids.clear();
  for (const Named& each : ids_) {
    const std::string_view value = trimmed(text_of(each.source, cells));
    if (!value.empty()) event.ids.push_back({each.name, std::string(value)});
  }
  if (event.ids.empty())
    return Mistake{.reason = "no identifier: all columns of `ids` are empty", .detail = {}};
  if (auto refused = read_map(properties_, cells, record, event.properties)) return refused;
  return read_map(traits_, cells, record, event.traits);
}

}  // namespace lotse::file
