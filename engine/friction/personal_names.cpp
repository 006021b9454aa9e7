#include <algorithm>
#include <array>
#include <span>

#include "engine/friction/letters.hpp"
#include "engine/friction/personal_scan.hpp"

namespace lotse::personal {
namespace {

using Texts = std::span<const std::u32string_view>;

bool among(Texts texts, std::u32string_view text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

std::u32string_view word_at(const Scan& scan, std::size_t i) { return scan.slice(i, scan.word_end(i)); }

// -- Streets -----------------------------------------------------------------------------------------------

/// Behind a house number and the street's own words these are streets however they are written …
constexpr auto streets = std::to_array<std::u32string_view>(
    {U"street", U"road", U"avenue", U"lane", U"boulevard", U"crescent", U"terrace"});
/// … and these only where the words before them are written as names.
constexpr auto short_streets =
    std::to_array<std::u32string_view>({U"st", U"rd", U"ave", U"ln", U"dr", U"ct", U"blvd", U"drive",
                                        U"close", U"court", U"way", U"place", U"square"});
/// Words of a sentence, so that `2 men on the road` is no address, nor `my name is not on the bill` a name.
constexpr auto common = std::to_array<std::u32string_view>(
    {U"the",   U"a",       U"an",    U"my",         U"your",  U"our",    U"their", U"this", U"that", U"on",
     U"in",    U"at",      U"to",    U"of",         U"from",  U"for",    U"with",  U"by",   U"per",  U"down",
     U"and",   U"or",      U"is",    U"was",        U"are",   U"were",   U"not",   U"no",   U"now",  U"still",
     U"wrong", U"spelled", U"spelt", U"misspelled", U"i",     U"we",     U"you",   U"it",   U"he",   U"she",
     U"they",  U"und",     U"ist",   U"war",        U"nicht", U"falsch", U"aus",   U"am",   U"im",   U"vom",
     U"von",   U"der",     U"die",   U"das",        U"ich",   U"y",      U"e",     U"o",    U"de",   U"da",
     U"do",    U"para",    U"não",   U"et",         U"est",   U"pas",    U"du",    U"à"});

/// Past a house number: `12`, `12a`, `12-14`.
std::optional<std::size_t> past_house_number(const Scan& scan, std::size_t i) {
  std::size_t end = scan.digits_end(i);
  if (end == i || end - i > 5) return std::nullopt;
  if (scan[end] == U'-' && scan.digit(end + 1)) end = scan.digits_end(end + 1);
  if (scan.letter(end)) ++end;
  if (scan.word(end)) return std::nullopt;
  return end;
}

/// `221b Baker Street`.
Found number_and_street(const Scan& scan, std::size_t i) {
  const auto number = past_house_number(scan, i);
  if (!number) return std::nullopt;
  std::size_t at = scan.past_space(scan[*number] == U',' ? *number + 1 : *number);
  if (at == *number) return std::nullopt;
  constexpr int most_words = 3;
  bool names = true;
  for (int words = 0; words <= most_words; ++words) {
    const std::size_t end = scan.word_end(at);
    const std::u32string_view word = scan.slice(at, end);
    if (!scan.letter(at) || among(common, word)) return std::nullopt;
    names = names && scan.capital(at);
    if (words > 0 && (among(streets, word) || (names && among(short_streets, word)))) {
      return Span{i, end, mask::address};
    }
    if (!scan.space(end)) return std::nullopt;
    at = end + 1;
  }
  return std::nullopt;
}

constexpr auto strassen = std::to_array<std::u32string_view>({U"straße", U"strasse", U"str"});
constexpr auto wege =
    std::to_array<std::u32string_view>({U"weg", U"allee", U"gasse", U"platz", U"damm", U"ufer", U"chaussee"});

/// Whether a word ends as names of streets do: `hauptstraße`, `hauptstr`; `Mühlenweg` where it is a noun.
bool is_compound(const Scan& scan, std::size_t i, std::u32string_view word) {
  const auto ends_word = [&](std::u32string_view end) {
    return word.size() > end.size() && word.ends_with(end);
  };
  return std::any_of(strassen.begin(), strassen.end(), ends_word) ||
         (scan.capital(i) && std::any_of(wege.begin(), wege.end(), ends_word));
}

/// `Hauptstraße 12a`, `Hauptstr. 5`, `Mühlenweg 3`, `Lange Straße 5`, `Berliner Allee 10`.
Found street_and_number(const Scan& scan, std::size_t i) {
  std::size_t end = scan.word_end(i);
  if (!is_compound(scan, i, scan.slice(i, end))) {
    const std::size_t next = scan.past_space(end);
    const std::u32string_view kind = word_at(scan, next);
    const bool two_words =
        scan.capital(i) && next > end && scan.capital(next) && (among(strassen, kind) || among(wege, kind));
    if (!two_words) return std::nullopt;
    end = scan.word_end(next);
  }
  if (scan[end] == U'.') ++end;
  const auto number = past_house_number(scan, scan.past_space(end));
  if (!number || *number == end) return std::nullopt;
  return Span{i, *number, mask::address};
}

// -- Names -------------------------------------------------------------------------------------------------

constexpr auto titles = std::to_array<std::u32string_view>(
    {U"mr",     U"mrs",    U"ms",      U"miss", U"mister", U"dr",       U"prof",
     U"herr",   U"herrn",  U"frau",    U"sr",   U"sra",    U"srta",     U"señor",
     U"señora", U"senhor", U"senhora", U"mme",  U"mlle",   U"monsieur", U"madame"});
/// Words of their own in small letters: `20 ms`, `I miss`.
constexpr auto capital_titles = std::to_array<std::u32string_view>({U"ms", U"miss"});
/// Behind these a name is one even in small letters.
constexpr auto sure_titles = std::to_array<std::u32string_view>({U"mr", U"mrs", U"mister"});
/// … and behind these where the writer leaves all capitals out: `herr müller`, but `der Herr sagte`.
constexpr auto small_titles = std::to_array<std::u32string_view>({U"herr", U"herrn"});
constexpr auto introductions = std::to_array<std::u32string_view>(
    {U"my name is", U"my name's", U"i am called", U"mein name ist", U"ich heiße", U"ich heisse",
     U"mi nombre es", U"me llamo", U"meu nome é", U"meu nome e", U"me chamo", U"chamo-me", U"mon nom est",
     U"je m'appelle"});
constexpr auto closings = std::to_array<std::u32string_view>(
    {U"regards", U"sincerely", U"grüße", U"grüßen", U"grüsse", U"grüssen", U"gruß", U"mfg", U"lg", U"vg",
     U"saludos", U"un saludo", U"atentamente", U"cumprimentos", U"atenciosamente", U"abraços",
     U"cordialement"});
/// Behind thanks a name is one only where it is written as a name: `Danke schön`.
constexpr auto thanks = std::to_array<std::u32string_view>(
    {U"cheers", U"thanks", U"thank you", U"danke", U"gracias", U"obrigado", U"obrigada", U"merci"});
constexpr auto particles =
    std::to_array<std::u32string_view>({U"von", U"van", U"zu", U"de", U"da", U"do", U"dos", U"das", U"del",
                                        U"la", U"le", U"der", U"den", U"al"});
constexpr std::size_t most_names = 3;

/// Past a word that may be of a name, the point of an initial included.
std::size_t past_name_word(const Scan& scan, std::size_t i) {
  const std::size_t end = scan.word_end(i);
  return end == i + 1 && scan[end] == U'.' ? end + 1 : end;
}

/// Past up to three words that are written as names, with `von` and the like between them; `i` itself if
/// there is none.
std::size_t past_names(const Scan& scan, std::size_t i) {
  std::size_t past = i;
  std::size_t at = i;
  for (std::size_t names = 0; names < most_names && scan.letter(at);) {
    const bool name = scan.capital(at) && !(names > 0 && among(common, word_at(scan, at)));
    if (!name && !among(particles, word_at(scan, at))) break;
    const std::size_t end = past_name_word(scan, at);
    if (name) {
      past = end;
      ++names;
    }
    if (scan[end] != U' ') break;
    at = end + 1;
  }
  return past;
}

/// Past up to `most` words of any case that are no words of a sentence.
std::size_t past_small_names(const Scan& scan, std::size_t i, std::size_t most) {
  std::size_t past = i;
  std::size_t at = i;
  for (std::size_t names = 0; names < most && scan.letter(at) && !among(common, word_at(scan, at)); ++names) {
    past = past_name_word(scan, at);
    if (scan[past] != U' ') break;
    at = past + 1;
  }
  return past;
}

Found named(std::size_t begin, std::size_t end) {
  if (end == begin) return std::nullopt;
  return Span{begin, end, mask::name};
}

Found name_behind_title(const Scan& scan, std::size_t i) {
  const std::u32string_view title = word_at(scan, i);
  if (!among(titles, title) || (among(capital_titles, title) && !scan.capital(i))) return std::nullopt;
  const bool sure = among(sure_titles, title) || (among(small_titles, title) && !scan.capital(i));
  constexpr int most_titles = 3;  // Herr Prof. Dr.
  std::size_t at = i;
  for (int count = 0; count < most_titles && among(titles, word_at(scan, at)); ++count) {
    const std::size_t end = scan.word_end(at);
    at = scan.past_space(scan[end] == U'.' ? end + 1 : end);
  }
  const std::size_t end = past_names(scan, at);
  return named(at, end == at && sure ? past_small_names(scan, at, 1) : end);
}

Found name_behind_introduction(const Scan& scan, std::size_t i) {
  for (const std::u32string_view words : introductions) {
    const auto end = scan.past_phrase(i, words);
    if (!end) continue;
    const std::size_t at = scan.past_space(scan[*end] == U':' ? *end + 1 : *end);
    const std::size_t past = past_names(scan, at);
    return named(at, past == at ? past_small_names(scan, at, 2) : past);
  }
  return std::nullopt;
}

/// Behind a closing only what a line ends with is a name: `Thanks, the technician came` has none.
Found name_at_line_end(const Scan& scan, std::size_t i, Texts phrases, bool small) {
  for (const std::u32string_view words : phrases) {
    const auto end = scan.past_phrase(i, words);
    if (!end) continue;
    std::size_t at = *end;
    while (scan[at] == U',' || scan[at] == U'!' || scan[at] == U'.' || scan[at] == U'-' || scan.space(at))
      ++at;
    const std::size_t past = small ? past_small_names(scan, at, most_names) : past_names(scan, at);
    std::size_t rest = past;
    while (scan[rest] == U'.' || scan[rest] == U'!') ++rest;
    const bool line_ends = rest >= scan.size() || scan[rest] == U'\n';
    return line_ends ? named(at, past) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

Found street_at(const Scan& scan, std::size_t i) {
  if (!scan.starts_word(i)) return std::nullopt;
  return scan.digit(i) ? number_and_street(scan, i) : street_and_number(scan, i);
}

Found name_at(const Scan& scan, std::size_t i) {
  if (!scan.starts_word(i) || !scan.letter(i)) return std::nullopt;
  if (const Found found = name_behind_title(scan, i)) return found;
  if (const Found found = name_behind_introduction(scan, i)) return found;
  if (const Found found = name_at_line_end(scan, i, closings, true)) return found;
  return name_at_line_end(scan, i, thanks, false);
}

}  // namespace lotse::personal
