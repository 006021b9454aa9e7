#include "channels/file/mapping.hpp"

#include <fmt/format.h>

#include <array>

#include "engine/journey/findings.hpp"
#include "engine/journey/shape.hpp"
#include "engine/journey/yaml.hpp"

namespace lotse::file {

using shape::NameStyle;
using shape::Section;
using yaml::Kind;
using yaml::Node;

namespace {

constexpr std::array<std::string_view, 3> formats{"ndjson", "csv", "xes"};
constexpr std::array<std::string_view, 5> types{"text", "integer", "number", "boolean", "timestamp"};

/// `ts`, or `{column: ts, format: "%d.%m.%Y"}`, or `{constant: web}`. `is_time`: the type is fixed.
std::optional<Cell> read_cell(Findings& findings, const Node& node, const std::string& name, bool is_time) {
  Cell cell;
  cell.where = findings.location(node.mark);
  if (is_time) cell.type = CellType::timestamp;
  if (node.kind == Kind::scalar) {
    if (!shape::is_text(findings, node, name)) return std::nullopt;
    cell.column = node.text;
    return cell;
  }
  if (node.kind != Kind::mapping) {
    shape::wrong_type(findings, node, name, "the name of a column or a mapping");
    return std::nullopt;
  }

  constexpr std::array<std::string_view, 4> keys{"column", "constant", "type", "format"};
  const std::size_t errors_before = findings.errors();
  Section section(findings, node, name);
  section.allow(keys);
  cell.column = section.text("column").value_or("");
  cell.constant = section.text("constant").value_or("");
  if (const Node* column = section.find("column")) cell.where = findings.location(column->mark);
  if ((section.find("column") == nullptr) == (section.find("constant") == nullptr)) {
    findings.error("M001", node.mark, fmt::format("{} needs either a `column` or a `constant`", name));
  }
  if (is_time) section.refuse("type", fmt::format("{} is always a timestamp", name));
  if (const auto type = section.choice("type", types); type && !is_time)
    cell.type = static_cast<CellType>(*type);
  if (const auto format = section.text("format")) {
    const Node& at = *section.find("format");
    auto parsed = TimeFormat::parse(*format);
    if (!parsed) {
      findings.error("M002", at.mark, fmt::format("this is no time format: {}", parsed.error().message),
                     "for example `%d.%m.%Y %H:%M:%S`, `epoch_seconds` or `epoch_ms`");
    } else if (cell.type != CellType::timestamp) {
      findings.error("M003", at.mark, "only a timestamp has a `format`", "add `type: timestamp`");
    } else {
      cell.format = *std::move(parsed);
    }
  }
  return findings.errors() == errors_before ? std::optional(std::move(cell)) : std::nullopt;
}

std::optional<Cell> read_cell(Section& section, std::string_view key, bool is_time = false) {
  const Node* node = section.find(key);
  if (node == nullptr) return std::nullopt;
  return read_cell(section.findings(), *node, fmt::format("`{}`", key), is_time);
}

std::vector<std::pair<std::string, Cell>> read_cells(Section& section, std::string_view key) {
  std::vector<std::pair<std::string, Cell>> out;
  for (const yaml::Entry& entry : section.entries(key, NameStyle::free)) {
    auto cell =
        read_cell(section.findings(), *entry.value, fmt::format("`{}.{}`", key, entry.key->text), false);
    if (cell) out.emplace_back(entry.key->text, *std::move(cell));
  }
  return out;
}

void read_delimiter(Section& section, Mapping& mapping) {
  const auto text = section.text("delimiter");
  if (!text) return;
  if (*text == "tab") {
    mapping.delimiter = '\t';
  } else if (text->size() == 1 && text->find_first_of("\"\r\n") == std::string::npos) {
    mapping.delimiter = text->front();
  } else {
    section.findings().error("M004", section.find("delimiter")->mark,
                             fmt::format("`{}` is no delimiter", *text), "one character, or `tab`");
  }
}

void read_zone(Section& section, Mapping& mapping) {
  const auto name = section.text("zone");
  if (!name) return;
  mapping.zone = Zone::find(*name);
  if (!mapping.zone) {
    section.findings().error("M005", section.find("zone")->mark, fmt::format("unknown time zone `{}`", *name),
                             "an IANA name such as `Europe/Berlin`, or `UTC`");
  }
}

/// NDJSON has its own names for all of it.
void refuse_columns(Section& section) {
  for (const std::string_view key :
       {"delimiter", "zone", "time", "type", "channel", "id", "ids", "properties", "traits"}) {
    section.refuse(key, fmt::format("lines of NDJSON are events already: `{}` has nothing to say here", key));
  }
}

Mapping read_mapping(Findings& findings, const Node& root) {
  constexpr std::array<std::string_view, 11> keys{"format", "source",     "delimiter", "zone",
                                                  "time",   "type",       "channel",   "id",
                                                  "ids",    "properties", "traits"};
  Mapping mapping;
  mapping.file = findings.file();
  Section section(findings, root, "the mapping");
  if (!section.is_mapping()) return mapping;
  section.allow(keys);
  if (const auto format = section.choice("format", formats))
    mapping.format = static_cast<FileFormat>(*format);
  mapping.source = section.text("source").value_or("");
  if (mapping.format == FileFormat::ndjson) {
    refuse_columns(section);
    return mapping;
  }
  if (mapping.format == FileFormat::xes) {
    const Mapping standard = xes_mapping();
    mapping.time = standard.time;
    mapping.type = standard.type;
    mapping.ids = standard.ids;
  } else {
    for (const std::string_view key : {"time", "type", "ids"}) section.require(key);
  }
  read_delimiter(section, mapping);
  read_zone(section, mapping);
  if (section.find("time") != nullptr) mapping.time = read_cell(section, "time", true);
  if (section.find("type") != nullptr) mapping.type = read_cell(section, "type");
  if (section.find("ids") != nullptr) mapping.ids = read_cells(section, "ids");
  mapping.channel = read_cell(section, "channel");
  mapping.id = read_cell(section, "id");
  mapping.properties = read_cells(section, "properties");
  mapping.traits = read_cells(section, "traits");
  return mapping;
}

}  // namespace

Loaded<Mapping> load_mapping(std::string_view file, std::string_view text, const FileLimits& limits) {
  Loaded<Mapping> out;
  Findings findings(file, yaml::without_byte_order_mark(text));
  if (const auto document = yaml::parse(findings, limits)) {
    Mapping mapping = read_mapping(findings, document->root());
    if (!findings.has_errors()) out.value = std::move(mapping);
  }
  out.findings = findings.take();
  return out;
}

Mapping native_mapping(const std::vector<std::string>& header) {
  Mapping mapping;
  mapping.format = FileFormat::csv;
  const auto under = [](std::string_view name, std::string_view prefix) {
    return name.size() > prefix.size() && name.starts_with(prefix)
               ? std::optional(std::string(name.substr(prefix.size())))
               : std::nullopt;
  };
  for (const std::string& name : header) {
    const Cell cell{.column = name};
    if (name == "time") mapping.time = Cell{.column = name, .type = CellType::timestamp};
    if (name == "type") mapping.type = cell;
    if (name == "channel") mapping.channel = cell;
    if (name == "id") mapping.id = cell;
    if (auto rest = under(name, "ids.")) mapping.ids.emplace_back(*std::move(rest), cell);
    if (auto rest = under(name, "properties.")) mapping.properties.emplace_back(*std::move(rest), cell);
    if (auto rest = under(name, "traits.")) mapping.traits.emplace_back(*std::move(rest), cell);
  }
  return mapping;
}

Mapping xes_mapping() {
  Mapping mapping;
  mapping.format = FileFormat::xes;
  mapping.time = Cell{.column = "time:timestamp", .type = CellType::timestamp};
  mapping.type = Cell{.column = "concept:name"};
  mapping.ids.emplace_back("case", Cell{.column = "case:concept:name"});
  return mapping;
}

}  // namespace lotse::file
