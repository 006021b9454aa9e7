#include "engine/report/phrase_value.hpp"

#include <utility>

namespace lotse {

Value phrase_value(const Phrase& phrase) {
  if (phrase.at()) return Value(Map{{Value("at"), Value(format_instant(*phrase.at()))}});
  if (phrase.format().empty()) return Value(phrase.text());
  List with;
  for (const Phrase& argument : phrase.arguments()) with.push_back(phrase_value(argument));
  return Value(Map{{Value("say"), Value(phrase.format())}, {Value("with"), Value(std::move(with))}});
}

}  // namespace lotse
