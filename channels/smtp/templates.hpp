#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "engine/base/result.hpp"
#include "engine/expression/value.hpp"

namespace lotse::smtp {

/// What a mail is made of, in Mustache: docs/mail.md.
struct Template {
  std::string subject;
  std::string text;
  std::string html{};  ///< empty: there is only text
};
using Templates = std::map<std::string, Template, std::less<>>;

/// `NAME.mustache` of the folder, and `NAME.html.mustache` where there is one. Errors: not_found and
/// bad_input, naming the file.
[[nodiscard]] Result<Template> load_template(const std::filesystem::path& folder, const std::string& name);

struct Rendered {
  std::string subject;
  std::string text;
  std::string html;
};
/// Filled with the entries of `with`, a map: escaped in the HTML, as they are elsewhere. A name that is not
/// there gives nothing, as Mustache has it.
[[nodiscard]] Result<Rendered> render(const Template& filled, const Value& with);

}  // namespace lotse::smtp
