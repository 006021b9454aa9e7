#include "engine/base/phrase.hpp"

#include "engine/base/assert.hpp"

namespace lotse {

Phrase Phrase::verbatim(std::string text) {
  Phrase made;
  made.text_ = std::move(text);
  return made;
}

Phrase Phrase::moment(Instant at, std::string text) {
  Phrase made = verbatim(std::move(text));
  made.at_ = at;
  return made;
}

Phrase Phrase::of(std::string_view format, std::vector<Phrase> arguments) {
  Phrase made;
  made.format_ = format;
  made.arguments_ = std::move(arguments);
  return made;
}

std::string Phrase::text() const {
  if (format_.empty()) return text_;
  constexpr std::string_view blank = "{}";
  std::string said;
  std::string_view rest = format_;
  for (const Phrase& argument : arguments_) {
    const std::size_t found = rest.find(blank);
    LOTSE_ASSERT(found != std::string_view::npos);
    said += rest.substr(0, found);
    said += argument.text();
    rest.remove_prefix(found + blank.size());
  }
  said += rest;
  return said;
}

}  // namespace lotse
