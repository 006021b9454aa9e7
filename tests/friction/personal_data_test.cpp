#include "engine/friction/personal_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include "engine/expression/text.hpp"
#include "engine/friction/letters.hpp"

namespace lotse {
namespace {

struct Row {
  const char* text;
  const char* masked;
};

/// Texts that hold nothing personal, or nothing but what the mask leaves.
void stays(const char* text) {
  CAPTURE(text);
  CHECK(mask_personal_data(text) == text);
}

void becomes(const Row& row) {
  CAPTURE(row.text);
  CHECK(mask_personal_data(row.text) == row.masked);
}

KnownTexts known(std::initializer_list<const char*> texts) {
  KnownTexts known;
  for (const char* text : texts) known.add(text);
  return known;
}

std::size_t draw(std::mt19937_64& dice, std::size_t below) { return dice() % below; }

}  // namespace

TEST_CASE("personal_data: what is no personal data stays", "[friction][personal_data]") {
  for (const char* text : {
           "24/7 for 3 weeks",
           "open 24/7/365",
           "version 2.0",
           "version 10.0.1 on Windows 11",
           "5 stars",
           "100 %, 10/10",
           "it cost € 1.299,00",
           "it cost 1,299.00 USD",
           "12500 € for nothing",
           "$10000 lost",
           "EUR 10 000 lost",
           "10 000 customers",
           "150,000 subscribers",
           "Fr. 1'299.50",
           "0,5 % or 0.5 %",
           "since 2019",
           "2023/2024 was better",
           "2023/24",
           "from 2019 to 2024",
           "in March 2024",
           "open 9.00 - 17.00",
           "von 08.00-17.30 Uhr",
           "at 12:30:45",
           "3-4 weeks, 10-15 minutes",
           "100 Mbit/s instead of 250",
           "FRITZ!Box 7590, WPA2, 5G, 802.11ac",
           "call 112 or 0800",
           "07.03. was the appointment",
           "12 March was the appointment",
           "meet @ home",
           "2@5.50 each",
           "5 @ 10 %",
           "https://example.com/help",
           "really?yes www.example.com is down",
           "what?why=because",
           "std::string a::b :) ::",
           "Meine Frau hat gewartet",
           "der Herr sagte nichts, die Frau am Telefon auch nicht",
           "20 ms Latenz, I miss you",
           "my name is wrong on the bill",
           "mein Name ist falsch geschrieben",
           "Thanks, the technician was great",
           "Danke schön",
           "thanks for nothing",
           "Best regards",
           "2 men on the road",
           "I waited 3 weeks in the street",
           "bring 2 friends, during 3 weeks",
           "Die Straße war 3 Wochen gesperrt",
           "lost my way 2 times",
           "Άργησε 3 εβδομάδες, пришёл через 2 недели",
           "covid-19, mid-2019, Q1-2024",
       }) {
    stays(text);
  }
}

TEST_CASE("personal_data: addresses on the net become masks", "[friction][personal_data]") {
  for (const Row& row : std::initializer_list<Row>{
           {"write to anna.schmidt+news@example.co.uk!", "write to [e-mail]!"},
           {"(anna@example.com)", "([e-mail])"},
           {"mailto:anna@example.com.", "mailto:[e-mail]."},
           {"anna_s@müller-straße.de", "[e-mail]"},
           {"anna@gmail please", "[e-mail] please"},
           {"anna @ example.com", "[e-mail]"},
           {"anna (at) example.com", "[e-mail]"},
           {"anna[at]example.com", "[e-mail]"},
           {"an\xE2\x80\x8Bna@exa\xE2\x80\x8Bmple.com", "[e-mail]"},
           {"https://example.com/reset?token=abc.", "[link]."},
           {"see (https://example.com/a?b)", "see ([link])"},
           {"https://anna:secret@example.com/", "[link]"},
           {"www.example.com/#access_token=1", "[link]"},
           {"example.com/reset?token=abc", "[link]"},
           {"https://example.com/orders/123456", "https://example.com/orders/[number]"},
           {"my router 192.168.178.1 hangs", "my router [ip] hangs"},
           {"fe80::1ff:fe23:4567:890a: dead", "[ip]: dead"},
           {"2001:0db8:85a3:0000:0000:8a2e:0370:7334", "[ip]"},
       }) {
    becomes(row);
  }
}

TEST_CASE("personal_data: phone numbers become masks, however their country writes them",
          "[friction][personal_data]") {
  for (const Row& row : std::initializer_list<Row>{
           {"+49 171 1234567", "[phone]"},
           {"+49 (0)171/123 45 67", "[phone]"},
           {"(+44) 20 7946 0958", "[phone]"},
           {"0049 30 123456", "[phone]"},
           {"Tel.: 030/123456.", "Tel.: [phone]."},
           {"030 - 12 34 56", "[phone]"},
           {"01711234567 anrufen", "[phone] anrufen"},
           {"020 7946 0958", "[phone]"},
           {"07700 900123", "[phone]"},
           {"(415) 555-0132", "[phone]"},
           {"415-555-0132", "[phone]"},
           {"415.555.0132", "[phone]"},
           {"1-800-555-0199", "[phone]"},
           {"555-0132", "[phone]"},
           {"612 345 678", "[phone]"},
           {"91 123 45 67", "[phone]"},
           {"912 345 678", "[phone]"},
           {"21 123 4567", "[phone]"},
           {"612345678", "[phone]"},
           {"06 12 34 56 78", "[phone]"},
           {"06.12.34.56.78", "[phone]"},
           {"call me (0171 1234567)", "call me ([phone])"},
           {"0171–1234567", "[phone]"},
       }) {
    becomes(row);
  }
}

TEST_CASE("personal_data: accounts, cards, dates and numbers become masks", "[friction][personal_data]") {
  for (const Row& row : std::initializer_list<Row>{
           {"IBAN DE89370400440532013000", "IBAN [account]"},
           {"DE89 3704 0044 0532 0130 00 is mine", "[account] is mine"},
           {"gb29 nwbk 6016 1331 9268 19", "[account]"},
           {"ES91 2100 0418 4502 0005 1332", "[account]"},
           {"check digits wrong: DE88370400440532013000", "check digits wrong: [number]"},
           {"card 4111 1111 1111 1111", "card [card]"},
           {"4111-1111-1111-1111 12/26", "[card] 12/26"},
           {"378282246310005", "[card]"},
           {"4111 1111 1111 1112", "[number]"},
           {"order 12345", "order [number]"},
           {"order no. 4711/0815123", "order no. [number]"},
           {"ORD-2024-001234 is late", "[number] is late"},
           {"ticket #A1234567B", "ticket #[number]"},
           {"::1-AB1234567", "[ip]-[number]"},
           {"550e8400-e29b-41d4-a716-446655440000", "[number]"},
           {"user12345", "[number]"},
           {"I am at 52.520008, 13.404954", "I am at [number], [number]"},
           {"born 12.03.1985", "born [date]"},
           {"geboren am 3. 4. 1985 in Bonn", "geboren am [date] in Bonn"},
           {"DOB 3/12/85", "DOB 3/12/85"},
           {"DOB 03/12/85", "DOB [date]"},
           {"1985-03-12", "[date]"},
           {"12. März 1985", "[date]"},
           {"12th of March, 1985", "[date]"},
           {"March 12, 1985", "[date]"},
           {"12 de março de 1985", "[date]"},
           {"el 3 de marzo de 1985", "el [date]"},
           {"le 1er août 1985", "le [date]"},
       }) {
    becomes(row);
  }
}

TEST_CASE("personal_data: names and streets become masks", "[friction][personal_data]") {
  for (const Row& row : std::initializer_list<Row>{
           {"Mr Smith was rude", "Mr [name] was rude"},
           {"mr. smith was rude", "mr. [name] was rude"},
           {"Mrs. O’Brien-Jones called", "Mrs. [name] called"},
           {"Ms J. Smith called", "Ms [name] called"},
           {"Dr. med Frau Dr. Müller", "Dr. med Frau Dr. [name]"},
           {"Herr Prof. Dr. Müller-Lüdenscheidt kam nicht", "Herr Prof. Dr. [name] kam nicht"},
           {"Frau von der Leyen kam", "Frau [name] kam"},
           {"herr müller kam nicht", "herr [name] kam nicht"},
           {"La Sra. García López no vino", "La Sra. [name] no vino"},
           {"O senhor João da Silva não veio", "O senhor [name] não veio"},
           {"my name is Anna Maria Schmidt and I wait", "my name is [name] and I wait"},
           {"my name is anna schmidt", "my name is [name]"},
           {"Ich heiße Özlem.", "Ich heiße [name]."},
           {"ICH HEISSE ANNA", "ICH HEISSE [name]"},
           {"meu nome é João", "meu nome é [name]"},
           {"me llamo Íñigo Montoya", "me llamo [name]"},
           {"Je m’appelle Zoé", "Je m’appelle [name]"},
           {"never again. Kind regards, Anna Schmidt", "never again. Kind regards, [name]"},
           {"Mit freundlichen Grüßen\nanna schmidt\n", "Mit freundlichen Grüßen [name]"},
           {"Viele Grüße, Jürgen!", "Viele Grüße, [name]!"},
           {"LG Tom", "LG [name]"},
           {"Un saludo,\nPepe\nMadrid", "Un saludo, [name] Madrid"},
           {"thanks, Anna", "thanks, [name]"},
           {"ich wohne Hauptstraße 12a in Bonn", "ich wohne [address] in Bonn"},
           {"hauptstr. 5", "[address]"},
           {"HAUPTSTRASSE 12-14", "[address]"},
           {"Mühlenweg 3, 53111 Bonn", "[address], [number] Bonn"},
           {"Lange Straße 5", "[address]"},
           {"Berliner Allee 10", "[address]"},
           {"I live at 221b Baker Street, London", "I live at [address], London"},
           {"12 old kent road", "[address]"},
           {"12, Rose Ct", "[address]"},
       }) {
    becomes(row);
  }
}

TEST_CASE("personal_data: what is known of the customer is masked wherever it stands as a word",
          "[friction][personal_data]") {
  const KnownTexts anna = known({"Anna", "Anna Maria", "Maria Schmidt", "ÉLISE", "c-77", "D'Arc", "ab", ""});
  for (const Row& row : std::initializer_list<Row>{
           {"anna was here, ANNA too", "[personal] was here, [personal] too"},
           {"Annabel and Joanna are others", "Annabel and Joanna are others"},
           {"Anna Maria Schmidt", "[personal]"},
           {"élise et Élise", "[personal] et [personal]"},
           {"customer c-77.", "customer [personal]."},
           {"D’Arc", "[personal]"},
           {"ab is too short", "ab is too short"},
           {"Frau Anna Maria Schmidt-Klein kam", "Frau [name] kam"},
       }) {
    CAPTURE(row.text);
    CHECK(mask_personal_data(row.text, anna) == row.masked);
  }
}

TEST_CASE("personal_data: a customer's identifier and the texts of his traits are known",
          "[friction][personal_data]") {
  CustomerState customer;
  customer.customer = "user_id:fox";
  customer.traits =
      Value(Map{{Value("full_name"), Value("Ana  Lía Ruiz")},
                {Value("plan"), Value("gold plan")},
                {Value("age"), Value(std::int64_t{42})},
                {Value("home"), Value(Map{{Value("city"), Value("Vigo")},
                                          {Value("pets"), Value(List{Value("Toby"), Value(true)})}})}});
  CHECK(mask_personal_data("fox Lía RUIZ Ana Lía Ruiz", KnownTexts(customer)) ==
        "[personal] [personal] [personal] [personal]");
  CHECK(mask_personal_data("Toby of Vigo, 42, user_id", KnownTexts(customer)) ==
        "[personal] of [personal], 42, user_id");
  CHECK(mask_personal_data("gold, the gold plan", KnownTexts(customer)) == "gold, the [personal]");
}

TEST_CASE("personal_data: one line of UTF-8 comes out, whatever comes in", "[friction][personal_data]") {
  CHECK(mask_personal_data("") == "");
  CHECK(mask_personal_data(" \t\r\n ") == "");
  CHECK(mask_personal_data(" a\t\n b\x1B[31m\xC2\x85 c ") == "a b [31m c");
  CHECK(mask_personal_data("a\xFFz\xC3") == "a\xEF\xBF\xBDz\xEF\xBF\xBD");
  CHECK(mask_personal_data("\xED\xA0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // a surrogate
  CHECK(mask_personal_data("a\xE2\x80\xAE"
                           "b\xEF\xBB\xBF") == "ab");
  CHECK(mask_personal_data("1\xC2\xA0"
                           "299,00\xE2\x80\xAF€") == "1 299,00 €");
}

TEST_CASE("personal_data: a long text is cut, but no mask is", "[friction][personal_data]") {
  std::string fits;
  while (fits.size() < masked_text_most) fits += 'x';
  CHECK(mask_personal_data(fits) == fits);
  const std::string_view all_but_one = std::string_view(fits).substr(1);
  CHECK(mask_personal_data(fits + "x") == fmt::format("{}…", all_but_one));
  std::string accents;
  for (std::size_t i = 0; i < 2 * masked_text_most; ++i) accents += "é";
  const std::string cut = mask_personal_data(accents);
  CHECK(cel::code_points(cut) == masked_text_most);
  CHECK(!cel::invalid_utf8(cut));
  const std::string_view before = std::string_view(fits).substr(5);
  CHECK(mask_personal_data(fmt::format("{} a@b.de", before)) == fmt::format("{} …", before));
}

TEST_CASE("personal_data: of whatever is put together no long number is left", "[friction][personal_data]") {
  const std::vector<std::string> pieces = {
      "anna",   "@",      "example.com", " ",   "0171 ", "1234567", "-", "/",      ".",    "12",
      "Herr ",  "Müller", "https://",    "?a=", "\n",    "DE89",    "(", ")",      ",",    "März ",
      "1985",   "LG ",    "Haupt",       "str", "5a",    "\xFF",    "'", "Baker ", "road", "4111 1111 ",
      "[name]", "[e-",    "]",           ":",   "::1",   "+",       "é", "_",      "mr "};
  std::mt19937_64 dice(20'240'301);
  for (int run = 0; run < 3'000; ++run) {
    std::string text;
    for (std::size_t length = draw(dice, 14); length > 0; --length) text += pieces[draw(dice, pieces.size())];
    CAPTURE(text);
    const std::string once = mask_personal_data(text);
    REQUIRE(!cel::invalid_utf8(once));
    std::size_t digits = 0;
    for (const char c : once) {
      digits = c >= '0' && c <= '9' ? digits + 1 : 0;
      REQUIRE(digits < 5);
    }
  }
}

TEST_CASE("personal_data: time grows with the text, not with its square", "[friction][personal_data]") {
  for (const std::string piece :
       {"a",   "1",      "1 ",      "1.",    "a.", "a@", "a-", "a'", "(",    "(http://", "0171 ",
        "dr ", "mr de ", "thanks,", "12 a ", ":",  "::", "1:", "é",  "aa11", "111.",     "'a"}) {
    CAPTURE(piece);
    std::string text;
    while (text.size() < 10'000) text += piece;
    const std::clock_t begin = std::clock();
    (void)mask_personal_data(text, known({"aaaaaaaaaaaaaaaaaaaaaaaa", "111"}));
    CHECK((std::clock() - begin) / CLOCKS_PER_SEC < 1);
  }
}

TEST_CASE("letters: small letters of the three scripts", "[friction][letters]") {
  const auto small = [](std::string_view text) {
    std::u32string all = letters::decoded(text);
    std::transform(all.begin(), all.end(), all.begin(), &letters::lower);
    return letters::encoded(all);
  };
  CHECK(small("ABCXYZ09-é") == "abcxyz09-é");
  CHECK(small("ÀÖØÞ×÷ŸĀĹŇŽİ") == "àöøþ×÷ÿāĺňži");
  CHECK(small("ȘȚƠƯẾẞǍ") == "șțơưếßǎ");
  CHECK(small("ΆΈΊΌΎΏΑΩΪΣς") == "άέίόύώαωϊσσ");
  CHECK(small("ЀЁАЯҐӘӀӁ") == "ѐёаяґәӏӂ");
  for (const char32_t c : letters::decoded("azAZéßĐωЖӏế\u0301")) CHECK(letters::is_letter(c));
  for (const char32_t c : letters::decoded("09 -'×÷;·…€漢字ع©")) CHECK(!letters::is_letter(c));
}

}  // namespace lotse
