#include "channels/smtp/templates.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <kainjow/mustache.hpp>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace lotse::smtp {
namespace {

namespace fs = std::filesystem;
using kainjow::mustache::data;
using kainjow::mustache::mustache;

constexpr std::uintmax_t bytes_max = 1 << 20;

Result<std::string> read(const fs::path& file) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(file, error);
  if (error)
    return fail(ErrorCode::not_found, fmt::format("{} cannot be read: {}", file.string(), error.message()));
  if (size > bytes_max)
    return fail(ErrorCode::bad_input, fmt::format("{} is longer than 1 MiB", file.string()));
  std::ifstream stream(file, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  std::erase(text, '\r');
  return text;
}

/// Its own mistakes are told now, not when a customer is to get it.
Result<void> check(const fs::path& file, const std::string& text) {
  const mustache parsed(text);
  if (parsed.is_valid()) return {};
  return fail(ErrorCode::bad_input, fmt::format("{}: {}", file.string(), parsed.error_message()));
}

data data_of(const Value& value) {
  if (value.is_null()) return data(data::type::bool_false);
  if (const bool* truth = value.boolean()) return data(*truth);
  if (const std::string* text = value.string()) return data(*text);
  if (const List* list = value.list()) {
    data items(data::type::list);
    for (const Value& item : *list) items << data_of(item);
    return items;
  }
  if (const Map* map = value.map()) {
    data entries(data::type::object);
    for (const auto& [key, entry] : *map) {
      if (const std::string* name = key.string()) entries.set(*name, data_of(entry));
    }
    return entries;
  }
  std::string json = to_json(value);
  if (json.starts_with('"')) json = json.substr(1, json.size() - 2);  // timestamps, durations, bytes
  return data(std::move(json));
}

enum class Escape : std::uint8_t { none, html };

Result<std::string> fill(const std::string& text, const data& with, Escape escape) {
  mustache filled(text);  // anew each time: it keeps state while it renders
  if (escape == Escape::none) filled.set_custom_escape([](const std::string& value) { return value; });
  std::string out = filled.render(with);
  if (filled.is_valid()) return out;
  return fail(ErrorCode::bad_input, fmt::format("the template cannot be filled: {}", filled.error_message()));
}

}  // namespace

Result<Template> load_template(const fs::path& folder, const std::string& name) {
  if (name.find('/') != std::string::npos || name.starts_with('.'))
    return fail(ErrorCode::bad_input, fmt::format("`{}` is no name of a template's file", name));
  const fs::path file = folder / (name + ".mustache");
  LOTSE_TRY(const std::string whole, read(file));
  constexpr std::string_view head = "Subject: ";
  const std::size_t end = whole.find("\n\n");
  if (!whole.starts_with(head) || end == std::string::npos || whole.find('\n') != end)
    return fail(ErrorCode::bad_input,
                fmt::format("{} must begin with a line `Subject: …` and an empty one", file.string()));
  Template loaded{whole.substr(head.size(), end - head.size()), whole.substr(end + 2)};
  LOTSE_CHECK(check(file, loaded.subject));
  LOTSE_CHECK(check(file, loaded.text));
  const fs::path html = folder / (name + ".html.mustache");
  if (std::error_code error; fs::exists(html, error)) {
    LOTSE_TRY(loaded.html, read(html));
    LOTSE_CHECK(check(html, loaded.html));
  }
  return loaded;
}

Result<Rendered> render(const Template& filled, const Value& with) {
  const data values = data_of(with);
  Rendered rendered;
  LOTSE_TRY(rendered.subject, fill(filled.subject, values, Escape::none));
  LOTSE_TRY(rendered.text, fill(filled.text, values, Escape::none));
  LOTSE_TRY(rendered.html, fill(filled.html, values, Escape::html));
  return rendered;
}

}  // namespace lotse::smtp
