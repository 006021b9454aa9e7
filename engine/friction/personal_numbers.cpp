#include <algorithm>
#include <array>
#include <initializer_list>
#include <span>
#include <vector>

#include "engine/friction/letters.hpp"
#include "engine/friction/personal_scan.hpp"

namespace lotse::personal {
namespace {

using Texts = std::span<const std::u32string_view>;

bool among(Texts texts, std::u32string_view text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

bool any_of(std::u32string_view characters, char32_t c) {
  return c != U'\0' && characters.find(c) != std::u32string_view::npos;
}

unsigned value_of(std::u32string_view digits) {
  unsigned value = 0;
  for (const char32_t c : digits) value = value * 10 + (c - U'0');
  return value;
}

bool is_year(std::u32string_view digits) {
  return digits.size() == 4 && (digits.starts_with(U"19") || digits.starts_with(U"20"));
}

// -- Dates -------------------------------------------------------------------------------------------------

constexpr auto months = std::to_array<std::u32string_view>(
    {U"january",  U"february",   U"march",   U"april",     U"may",       U"june",     U"july",
     U"august",   U"september",  U"october", U"november",  U"december",  U"jan",      U"feb",
     U"mar",      U"apr",        U"jun",     U"jul",       U"aug",       U"sep",      U"sept",
     U"oct",      U"nov",        U"dec",     U"januar",    U"jänner",    U"februar",  U"märz",
     U"mai",      U"juni",       U"juli",    U"oktober",   U"dezember",  U"okt",      U"dez",
     U"enero",    U"febrero",    U"marzo",   U"abril",     U"mayo",      U"junio",    U"julio",
     U"agosto",   U"septiembre", U"octubre", U"noviembre", U"diciembre", U"janeiro",  U"fevereiro",
     U"março",    U"maio",       U"junho",   U"julho",     U"setembro",  U"outubro",  U"novembro",
     U"dezembro", U"janvier",    U"février", U"fevrier",   U"mars",      U"avril",    U"juin",
     U"juillet",  U"août",       U"aout",    U"septembre", U"octobre",   U"novembre", U"décembre",
     U"decembre"});
constexpr auto ordinals = std::to_array<std::u32string_view>({U"st", U"nd", U"rd", U"th", U"er"});

std::optional<std::size_t> year_end(const Scan& scan, std::size_t i) {
  const std::size_t end = scan.digits_end(i);
  if (!is_year(scan.slice(i, end)) || scan.word(end)) return std::nullopt;
  return end;
}

/// Past the day's number and what belongs to it: `3.`, `3rd`, `12`.
std::optional<std::size_t> past_day(const Scan& scan, std::size_t i) {
  std::size_t end = scan.digits_end(i);
  if (end == i || end - i > 2 || value_of(scan.slice(i, end)) > 31) return std::nullopt;
  if (among(ordinals, scan.slice(end, std::min(end + 2, scan.size())))) end += 2;
  if (scan[end] == U'.' || scan[end] == U'º') ++end;
  if (scan.word(end)) return std::nullopt;
  return end;
}

/// `12 March 1985`, `12. März 1985`, `12th of March, 1985`, `12 de março de 1985`.
Found day_month_year(const Scan& scan, std::size_t i) {
  const auto past_of = [&](std::size_t at) {
    for (const std::u32string_view word : {U"of ", U"de "}) {
      if (scan.slice(at, std::min(at + 3, scan.size())) == word) return at + 3;
    }
    return at;
  };
  const auto day = past_day(scan, i);
  if (!day) return std::nullopt;
  const std::size_t month = past_of(scan.past_space(*day));
  std::size_t end = scan.word_end(month);
  if (!among(months, scan.slice(month, end))) return std::nullopt;
  while (any_of(U".,", scan[end])) ++end;
  const auto year = year_end(scan, past_of(scan.past_space(end)));
  if (!year) return std::nullopt;
  return Span{i, *year, mask::date};
}

/// `March 12th, 1985`.
Found month_day_year(const Scan& scan, std::size_t i) {
  std::size_t end = scan.word_end(i);
  if (!among(months, scan.slice(i, end))) return std::nullopt;
  if (scan[end] == U'.') ++end;
  const auto day = past_day(scan, scan.past_space(end));
  if (!day) return std::nullopt;
  const auto year = year_end(scan, scan.past_space(scan[*day] == U',' ? *day + 1 : *day));
  if (!year) return std::nullopt;
  return Span{i, *year, mask::date};
}

/// `12.03.1985`, `3/12/85`, `1985-03-12`, `12. 3. 1985`. A year of two digits only where day and month have
/// two as well: `1.2.10` is rather a version.
Found numeric_date(const Scan& scan, std::size_t i) {
  std::array<std::u32string_view, 3> parts;
  std::size_t end = i;
  char32_t divider = 0;
  for (std::size_t part = 0; part < parts.size(); ++part) {
    if (part == 1) divider = scan[end];
    if (part > 0) {
      if (scan[end] != divider || !any_of(U".-/", divider)) return std::nullopt;
      ++end;
      if (divider == U'.') end = scan.past_space(end);
    }
    const std::size_t begin = end;
    end = scan.digits_end(begin);
    parts[part] = scan.slice(begin, end);
    if (parts[part].empty() || parts[part].size() > 4) return std::nullopt;
  }
  const bool goes_on = scan.digit(end) || (scan[end] == divider && scan.digit(end + 1));
  if (goes_on) return std::nullopt;
  const bool year_first = is_year(parts[0]);
  const std::u32string_view year = year_first ? parts[0] : parts[2];
  const std::u32string_view day = year_first ? parts[2] : parts[0];
  const std::u32string_view month = parts[1];
  if (day.size() > 2 || month.size() > 2) return std::nullopt;
  const bool short_year = !year_first && year.size() == 2 && day.size() == 2 && month.size() == 2;
  const unsigned first = value_of(day);
  const unsigned second = value_of(month);
  const bool of_a_year =
      first >= 1 && second >= 1 && std::max(first, second) <= 31 && std::min(first, second) <= 12;
  if (!of_a_year || !(is_year(year) || short_year)) return std::nullopt;
  return Span{i, end, mask::date};
}

// -- Amounts -----------------------------------------------------------------------------------------------

constexpr auto currencies = std::to_array<std::u32string_view>(
    {U"eur", U"euro", U"euros", U"usd", U"gbp", U"chf", U"dollar", U"dollars", U"pounds", U"pln", U"sek",
     U"nok", U"dkk", U"brl", U"cent", U"kr"});
constexpr std::u32string_view currency_signs = U"€$£¥₽₺₴";

bool currency_before(const Scan& scan, std::size_t i) {
  if (i > 0 && scan[i - 1] == U' ') --i;
  if (i == 0) return false;
  if (any_of(currency_signs, scan[i - 1])) return true;
  std::size_t begin = i;
  while (begin > 0 && i - begin < 8 && scan.letter(begin - 1)) --begin;
  return among(currencies, scan.slice(begin, i));
}

bool currency_after(const Scan& scan, std::size_t i) {
  i = scan.past_space(i);
  return any_of(currency_signs, scan[i]) || among(currencies, scan.slice(i, scan.word_end(i)));
}

/// Whether an amount begins at `i`: `1.299,00`, `12,345`, `49.90`; beside a currency also `12500` and
/// `10 000`.
bool is_amount(const Scan& scan, std::size_t i) {
  std::size_t end = scan.digits_end(i);
  const std::size_t head = end - i;
  if (head > 1 && scan[i] == U'0') return false;
  const bool money_before = currency_before(scan, i);
  if (head <= 7 && !scan.word(end) && (money_before || currency_after(scan, end))) return true;
  if (head > 3) return false;

  const char32_t thousands = scan[end];
  std::size_t groups = 0;
  while (groups < 6 && any_of(U".,' ", thousands) && scan[end] == thousands &&
         scan.digits_end(end + 1) == end + 4) {
    end += 4;
    ++groups;
  }
  std::size_t decimals = 0;
  if (any_of(U".,", scan[end]) && scan[end] != thousands) decimals = scan.digits_end(end + 1) - end - 1;
  if (groups == 0 && any_of(U".,", thousands)) decimals = scan.digits_end(end + 1) - end - 1;
  if (decimals > 2 || groups + decimals == 0) return false;
  if (decimals > 0) end += 1 + decimals;
  const bool goes_on = scan.word(end) || (any_of(U".,-/ ", scan[end]) && scan.digit(end + 1));
  const bool money = money_before || currency_after(scan, end);
  // Nine digits in threes are also how numbers of phones are written in the south of Europe.
  const bool perhaps_phone = groups == 2 && head == 3 && decimals == 0;
  const bool spaced = groups > 0 && thousands == U' ';
  return money || (!goes_on && !spaced && !perhaps_phone);
}

// -- Groups of digits --------------------------------------------------------------------------------------

struct Group {
  std::size_t begin;
  std::size_t end;
  std::u32string_view digits;
  bool spaced;  ///< from the group before it
};

/// What may stand between two groups: up to three of these characters.
std::size_t separator_end(const Scan& scan, std::size_t i) {
  std::size_t end = i;
  while (end - i < 3 && any_of(U" -./()", scan[end])) ++end;
  return end;
}

/// Groups of digits that follow each other from `i` on; `most` bounds the work.
std::vector<Group> groups_at(const Scan& scan, std::size_t i) {
  constexpr std::size_t most = 12;
  std::vector<Group> groups;
  std::size_t gap = i;
  while (groups.size() < most) {
    const std::size_t begin = groups.empty() ? i : separator_end(scan, gap);
    const std::size_t end = scan.digits_end(begin);
    if (end == begin || (begin == gap && !groups.empty()) || scan.letter(end)) break;
    const bool spaced = scan.slice(gap, begin).find(U' ') != std::u32string_view::npos;
    groups.push_back({begin, end, scan.slice(begin, end), spaced});
    gap = end;
  }
  return groups;
}

using Groups = std::span<const Group>;

std::u32string digits_of(Groups groups) {
  std::u32string digits;
  for (const Group& group : groups) digits += group.digits;
  return digits;
}

bool sized(Groups groups, std::initializer_list<std::size_t> sizes) {
  return std::equal(groups.begin(), groups.end(), sizes.begin(), sizes.end(),
                    [](const Group& group, std::size_t size) { return group.digits.size() == size; });
}

/// Luhn's sum (ISO/IEC 7812-1, annex B) of a number as long as those of cards are.
bool is_card(std::u32string_view digits) {
  if (digits.size() < 13 || digits.size() > 19 || digits[0] == U'0') return false;
  unsigned sum = 0;
  bool twice = false;
  for (auto c = digits.rbegin(); c != digits.rend(); ++c, twice = !twice) {
    const unsigned digit = *c - U'0';
    sum += twice ? digit * 2 - (digit > 4 ? 9 : 0) : digit;
  }
  return sum % 10 == 0;
}

/// `9.00 - 17.30`.
bool is_span_of_time(Groups groups) {
  if (!sized(groups, {2, 2, 2, 2}) && !sized(groups, {1, 2, 2, 2})) return false;
  return value_of(groups[0].digits) <= 24 && value_of(groups[1].digits) < 60 &&
         value_of(groups[2].digits) <= 24 && value_of(groups[3].digits) < 60;
}

/// Whether the groups are a phone number. ITU-T E.164: at most 15 digits; national forms of DE, ES, FR, PT,
/// UK and US.
bool is_phone(Groups groups, bool plus) {
  const std::u32string digits = digits_of(groups);
  if (digits.size() < 7 || digits.size() > 15) return false;
  if (plus) return true;
  const char32_t first = digits[0];
  if (first == U'0') return groups[0].digits.size() > 1 && !is_span_of_time(groups);
  if (digits.size() == 9 && any_of(U"26789", first)) {  // Spain, Portugal: no prefix
    const bool single = std::any_of(groups.begin(), groups.end(),
                                    [](const Group& group) { return group.digits.size() == 1; });
    return !single && (groups.size() > 1 || any_of(U"69", first));
  }
  if (sized(groups, {3, 3, 4}) || sized(groups, {1, 3, 3, 4})) return true;  // United States
  return sized(groups, {3, 4}) && !groups[1].spaced && any_of(U"23456789", first) && !digits.ends_with(U"00");
}

/// Digits that are not a year's.
std::size_t telling_digits(Groups groups) {
  std::size_t count = 0;
  for (const Group& group : groups) count += is_year(group.digits) ? 0 : group.digits.size();
  return count;
}

/// A number that tells one case from others: five digits in a row; seven in groups without spaces; ten with
/// spaces. `24/7/365` and `2023/2024` are none.
bool is_long(Groups groups) {
  const bool spaced =
      std::any_of(groups.begin() + 1, groups.end(), [](const Group& group) { return group.spaced; });
  const std::size_t digits = telling_digits(groups);
  if (spaced) return digits >= 10;
  if (is_span_of_time(groups)) return false;
  const bool run =
      std::any_of(groups.begin(), groups.end(), [](const Group& group) { return group.digits.size() >= 5; });
  return run || digits >= 7;
}

bool code_part(const Scan& scan, std::size_t i) { return scan.word(i) || scan[i] == U'-' || scan[i] == U'_'; }

/// ISO 7064, MOD 97-10, of the rearranged account: country and check digits come last.
bool check_digits_fit(std::u32string_view account) {
  std::u32string rearranged(account.substr(4));
  rearranged += account.substr(0, 4);
  unsigned rest = 0;
  for (const char32_t c : rearranged) {
    rest = letters::is_digit(c) ? rest * 10 + (c - U'0') : rest * 100 + (c - U'a' + 10);
    rest %= 97;
  }
  return rest == 1;
}

bool ascii_letter(char32_t c) { return c >= U'a' && c <= U'z'; }

}  // namespace

Found account_at(const Scan& scan, std::size_t i) {
  constexpr std::size_t least = 15;
  constexpr std::size_t most = 34;
  const bool begins = scan.starts_word(i) && ascii_letter(scan[i]) && ascii_letter(scan[i + 1]) &&
                      scan.digit(i + 2) && scan.digit(i + 3);
  if (!begins) return std::nullopt;
  std::u32string account;
  std::optional<std::size_t> end;
  for (std::size_t at = i; account.size() < most; ++at) {
    if ((scan[at] == U' ' || scan[at] == U'-') && scan.word(at + 1)) continue;
    if (!ascii_letter(scan[at]) && !scan.digit(at)) break;
    account += scan[at];
    if (!scan.word(at + 1) && account.size() >= least && check_digits_fit(account)) end = at + 1;
  }
  if (!end) return std::nullopt;
  return Span{i, *end, mask::account};
}

Found date_at(const Scan& scan, std::size_t i) {
  if (!scan.starts_word(i)) return std::nullopt;
  if (!scan.digit(i)) return month_day_year(scan, i);
  if (const Found found = numeric_date(scan, i)) return found;
  return day_month_year(scan, i);
}

Found code_at(const Scan& scan, std::size_t i) {
  constexpr std::size_t least = 5;
  const bool begins = code_part(scan, i) && (i == scan.rest() || !code_part(scan, i - 1));
  if (!begins) return std::nullopt;
  std::size_t digits = 0;
  bool letter = false;
  std::size_t end = i;
  while (code_part(scan, end)) {
    const std::size_t begin = end;
    end = scan.digits_end(begin);
    if (!is_year(scan.slice(begin, end))) digits += end - begin;
    if (end > begin) continue;
    letter = scan.letter(end) || letter;
    ++end;
  }
  if (!letter || digits < least) return std::nullopt;
  while (!scan.word(end - 1)) --end;
  while (!scan.word(i)) ++i;
  return Span{i, end, mask::number};
}

Found number_at(const Scan& scan, std::size_t i) {
  if (i != scan.rest() && scan.word(i - 1)) return std::nullopt;
  std::size_t first = i;
  while (first - i < 2 && any_of(U"+(", scan[first])) ++first;
  if (!scan.digit(first)) return std::nullopt;
  const bool plus = scan.slice(i, first).find(U'+') != std::u32string_view::npos;
  if (!plus && is_amount(scan, first)) return std::nullopt;

  const std::vector<Group> groups = groups_at(scan, first);
  const auto longest = [&](const auto& fits, std::string_view mask) -> Found {
    for (std::size_t count = groups.size(); count > 0; --count) {
      const std::size_t end = groups[count - 1].end;
      if (!fits(Groups(groups).first(count))) continue;
      const bool closed = scan.slice(first, end).find(U')') != std::u32string_view::npos;
      return Span{plus || closed ? i : first, end, mask};
    }
    return std::nullopt;
  };
  if (const Found card = longest([](Groups some) { return is_card(digits_of(some)); }, mask::card))
    return card;
  if (const Found phone = longest([&](Groups some) { return is_phone(some, plus); }, mask::phone))
    return phone;
  return longest(&is_long, mask::number);
}

}  // namespace lotse::personal
