#include "engine/friction/comment_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <iostream>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/friction/hand_made.hpp"

namespace lotse::test {
namespace {

constexpr int bad = 0;
constexpr int good = 10;

struct Said {
  int customer;
  At at;
  int score;  ///< nps
  std::string text;
};

/// A table of these comments; one customer's stand beside each other, each in an instance of its own.
StayTable table_saying(const std::vector<Said>& all) {
  StayTable table = table_of({}, day(100));
  for (std::uint32_t row = 0; row < all.size(); ++row) {
    const Said& said = all[row];
    table.instances.push_back({.customer = static_cast<std::uint32_t>(said.customer), .first_stay = row});
    table.instance.push_back(row);
    table.entered.push_back(day(row % 50));
    table.place.push_back(static_cast<std::uint16_t>(said.at));
    table.entry.push_back(Entry::start);
    table.cause.push_back(Cause::open);
    table.feedback.push_back(
        {.stay = row,
         .scale = Scale::nps,
         .at = day(row % 50),
         .segments = 0,
         .comment = said.text.empty() ? no_comment : static_cast<std::uint32_t>(table.comments.size()),
         .score = said.score * fixed_point});
    if (!said.text.empty()) table.comments.push_back(said.text);
  }
  return table;
}

CommentWords words_at(const StayTable& table, At at, const Selection& selection = {}) {
  const std::vector<std::uint16_t> places = {static_cast<std::uint16_t>(at)};
  return comment_words(table, selection, places).front();
}

void say(std::vector<Said>& all, int count, At at, int score, const std::string& text) {
  for (int i = 0; i < count; ++i) {
    const int customer = all.empty() ? 0 : all.back().customer + 1;
    all.push_back({customer, at, score, text});
  }
}

std::vector<std::string> texts(const CommentWords& said) {
  std::vector<std::string> texts;
  for (const CommentWord& word : said.words) texts.push_back(word.text);
  return texts;
}

using Texts = std::vector<std::string>;

double uniform(std::mt19937_64& dice) { return static_cast<double>(dice() >> 11U) * 0x1.0p-53; }

/// Word r of 600 is drawn with a chance about 1/(r + 3), as words of a language are.
std::string zipf_text(std::mt19937_64& dice, int length) {
  std::string text;
  for (int i = 0; i < length; ++i) {
    const double rank = 3 * (std::pow(201.0, uniform(dice)) - 1);
    text += fmt::format("{}w{}", i == 0 ? "" : " ", static_cast<int>(rank));
  }
  return text;
}

/// 600 customers; those who are unhappy at `visit` (one of six) write twice as long, of the same things.
/// Every tenth customer writes three comments. `planted`: the share of the unhappy who name the router, whom
/// of the others 3 % do.
StayTable simulated(std::mt19937_64& dice, double planted) {
  std::vector<Said> all;
  for (int customer = 0; customer < 600; ++customer) {
    const bool unhappy = dice() % 6 == 0;
    const std::uint64_t comments = dice() % 10 == 0 ? 3 : 1;
    for (std::uint64_t i = 0; i < comments; ++i) {
      const int length = 3 + static_cast<int>(dice() % 12);
      std::string text = zipf_text(dice, unhappy ? 2 * length : length);
      if (planted > 0 && uniform(dice) < (unhappy ? planted : 0.03)) text += " router";
      all.push_back({customer, unhappy || dice() % 3 == 0 ? visit : order, unhappy ? bad : good, text});
    }
  }
  return table_saying(all);
}

struct Score {
  int found = 0;           ///< runs in which the planted word was
  double false_share = 0;  ///< of the words shown, mean over runs
};

Score score_of(int runs, double planted) {
  std::mt19937_64 dice(20'240'301);
  Score score;
  for (int run = 0; run < runs; ++run) {
    const CommentWords said = words_at(simulated(dice, planted), visit);
    std::size_t wrong = 0;
    bool found = false;
    for (const CommentWord& word : said.words) {
      const bool right = word.text.find("router") != std::string::npos;
      found = found || right;
      wrong += right ? 0U : 1U;
    }
    score.found += found ? 1 : 0;
    if (!said.words.empty())
      score.false_share += static_cast<double>(wrong) / static_cast<double>(said.words.size());
  }
  score.false_share /= runs;
  return score;
}

void check_simulation(int runs) {
  const Score null = score_of(runs, 0);
  const Score planted = score_of(runs, 0.35);
  std::cout << fmt::format(
      "comment_words, {} runs: false discovery rate {:.3f} where nothing sets comments apart, {:.3f} beside "
      "a "
      "planted word, which is found in {:.3f}\n",
      runs, null.false_share, planted.false_share, static_cast<double>(planted.found) / runs);
  CHECK(null.false_share <= 0.10);
  CHECK(planted.false_share <= 0.10);
  CHECK(planted.found >= 0.95 * runs);
}

}  // namespace

TEST_CASE("comment_words: the z of a tiny corpus", "[friction][comment_words]") {
  std::vector<Said> all;
  say(all, 6, visit, bad, "late");
  say(all, 4, visit, bad, "okay");
  say(all, 1, order, good, "late");
  say(all, 9, order, good, "okay");

  const CommentWords said = words_at(table_saying(all), visit);

  // Ten uses on either side, so the prior weighs half of that, 5; late has 7 of the 20: α = 5 · 7/20 = 1.75.
  // δ = ln(7.75/(15 − 7.75)) − ln(2.75/(15 − 2.75)) = 1.560616; σ² = 1/7.75 + 1/2.75 = 0.492669;
  // z = 1.560616/0.701904 = 2.223406; P(Z > z) = 0.013094, times 2 of two tested.
  CHECK(said.tested == 2);
  REQUIRE(texts(said) == Texts{"late"});
  CHECK(said.words[0].inside == 6);
  CHECK(said.words[0].outside == 1);
  CHECK(said.words[0].log_odds_ratio == Approx(1.560616).margin(1e-6));
  CHECK(said.words[0].z == Approx(2.223406).margin(1e-5));
  CHECK(said.words[0].p == Approx(0.026188).margin(1e-4));
  CHECK(said.comments == 10);
  CHECK(said.customers == 10);
  CHECK(said.other_comments == 10);
  CHECK(said.other_customers == 10);
}

TEST_CASE("comment_words: a customer counts once, however often he says it", "[friction][comment_words]") {
  std::vector<Said> all;
  say(all, 20, visit, bad, "nothing to say");
  say(all, 60, order, good, "nothing to say");
  for (int i = 0; i < 30; ++i) all.push_back({1000, visit, bad, "scandal scandal"});
  const CommentWords ranter = words_at(table_saying(all), visit);
  CHECK(ranter.comments == 50);
  CHECK(ranter.customers == 21);
  CHECK(texts(ranter) == Texts{});

  for (int i = 0; i < 12; ++i) all.push_back({2000 + i, visit, bad, "scandal"});
  const CommentWords many = words_at(table_saying(all), visit);
  REQUIRE(texts(many) == Texts{"scandal"});
  CHECK(many.words[0].inside == 13);
}

TEST_CASE("comment_words: a word is used outside by whoever uses it there, whatever else he says",
          "[friction][comment_words]") {
  std::vector<Said> all;
  for (int i = 0; i < 20; ++i) {
    all.push_back({i, visit, bad, "late"});
    if (i < 3) all.push_back({i, order, good, "late"});
  }
  for (int i = 20; i < 80; ++i) all.push_back({i, order, good, "fine"});
  const CommentWords said = words_at(table_saying(all), visit);
  REQUIRE(texts(said) == Texts{"late"});
  CHECK(said.words[0].inside == 20);
  CHECK(said.words[0].outside == 3);
  CHECK(said.other_customers == 63);
}

TEST_CASE("comment_words: only the unhappy of the touchpoint are set apart, each touchpoint's in one pass",
          "[friction][comment_words]") {
  std::vector<Said> all;
  say(all, 30, visit, bad, "technician late");
  say(all, 30, visit, good, "technician friendly");
  say(all, 30, online, bad, "router broken");
  say(all, 30, order, good, "easy");
  const std::vector<std::uint16_t> places = {online, visit};
  const std::vector<CommentWords> said = comment_words(table_saying(all), {}, places);
  REQUIRE(said.size() == 2);
  CHECK(said[0].place == online);
  CHECK(texts(said[0]) == Texts{"router broken"});
  CHECK(texts(said[1]) == Texts{"technician late"});
  CHECK(said[1].other_comments == 90);
  CHECK(texts(words_at(table_saying(all), visit)) == texts(said[1]));
}

TEST_CASE("comment_words: a phrase takes the place of the words that it covers",
          "[friction][comment_words]") {
  std::vector<Said> all;
  say(all, 20, visit, bad, "no show");
  say(all, 20, visit, bad, "late");
  say(all, 5, visit, bad, "late again");
  say(all, 150, order, good, "all fine");
  const CommentWords said = words_at(table_saying(all), visit);
  Texts found = texts(said);
  std::sort(found.begin(), found.end());
  // `no show` covers both its words; `late again` covers `again`, and of `late` only 5 of 25.
  CHECK(found == Texts{"late", "late again", "no show"});
}

TEST_CASE("comment_words: a phrase that covers none of its found words says nothing new",
          "[friction][comment_words]") {
  std::vector<Said> all;
  say(all, 40, visit, bad, "late");
  say(all, 8, visit, bad, "too late");
  say(all, 150, order, good, "too fine");
  CHECK(texts(words_at(table_saying(all), visit)) == Texts{"late"});
}

TEST_CASE("comment_words: under ten negative comments there are examples, and no words",
          "[friction][comment_words]") {
  std::vector<Said> all;
  say(all, 9, visit, bad, "late");
  say(all, 200, order, good, "fine");
  const CommentWords few = words_at(table_saying(all), visit);
  CHECK(few.too_few);
  CHECK(few.words.empty());
  CHECK(few.tested == 0);
  CHECK(few.examples == Texts{"late"});
  say(all, 1, visit, bad, "late");
  const CommentWords enough = words_at(table_saying(all), visit);
  CHECK(!enough.too_few);
  CHECK(texts(enough) == Texts{"late"});
}

TEST_CASE("comment_words: a word needs five customers", "[friction][comment_words]") {
  std::vector<Said> all;
  say(all, 4, visit, bad, "flooded");
  say(all, 30, visit, bad, "hm");
  say(all, 900, order, good, "hm");
  CHECK(texts(words_at(table_saying(all), visit)) == Texts{});
  say(all, 1, order, good, "flooded");  // the fifth, but not of the unhappy
  CHECK(texts(words_at(table_saying(all), visit)) == Texts{});
  say(all, 1, visit, bad, "flooded");
  CHECK(texts(words_at(table_saying(all), visit)) == Texts{"flooded"});
}

TEST_CASE(
    "comment_words: examples hold most of the words, then are short, then bytewise, of different customers",
    "[friction][comment_words]") {
  std::vector<Said> all;
  say(all, 15, visit, bad, "late, rude");
  say(all, 200, order, good, "fine");
  all.push_back({900, visit, bad, "late and so very rude he was"});
  all.push_back({901, visit, bad, "he was late and rude"});
  all.push_back({901, visit, bad, "he is late and rude"});
  all.push_back({902, visit, bad, "he was late but rude"});
  all.push_back({903, visit, bad, "he was late"});
  const CommentWords said = words_at(table_saying(all), visit);
  CHECK(texts(said) == Texts{"late", "rude"});
  CHECK(said.examples ==
        Texts{"he is late and rude", "he was late but rude", "late and so very rude he was"});
}

TEST_CASE("comment_words: dates, filter and feedback without a comment", "[friction][comment_words]") {
  std::vector<Said> all;
  say(all, 60, visit, bad, "late");
  say(all, 5, visit, bad, "");
  const StayTable table = table_saying(all);
  CHECK(words_at(table, visit).comments == 60);
  CHECK(words_at(table, visit, {.from = day(10), .to = day(20)}).comments == 10);
  std::vector<bool> keep(table.size(), false);
  keep[3] = true;
  Selection kept;
  kept.keep = &keep;
  CHECK(words_at(table, visit, kept).comments == 1);
  CHECK(words_at(table_of({}, day(1)), visit).examples.empty());
  CHECK(comment_words(table, {}, {}).empty());
}

TEST_CASE("comment_words: where all comments are of one kind nothing sets them apart",
          "[friction][comment_words]") {
  std::vector<Said> all;
  say(all, 40, visit, bad, "late");
  const CommentWords said = words_at(table_saying(all), visit);
  CHECK(said.other_comments == 0);
  CHECK(said.words.empty());
  CHECK(said.examples == Texts{"late"});
}

TEST_CASE("comment_words: a hop's feedback is about the stay that it belongs to",
          "[friction][comment_words]") {
  StayTable table = table_saying({{0, visit, bad, "late"}, {1, visit, bad, "late"}});
  table.cause[0] = Cause::hopped;
  table.entry[1] = Entry::hop;
  table.instance[1] = 0;
  table.entered[1] = day(60);
  CHECK(words_at(table, visit, {.from = day(0), .to = day(1)}).comments == 2);
}

TEST_CASE("comment_words: the order of customers does not matter", "[friction][comment_words]") {
  std::mt19937_64 dice(7);
  for (int run = 0; run < 5; ++run) {
    std::vector<std::vector<Said>> groups;
    for (int customer = 0; customer < 120; ++customer) {
      groups.push_back({});
      for (std::uint64_t i = 0; i < 1 + dice() % 2; ++i) {
        const bool unhappy = dice() % 2 == 0;
        groups.back().push_back({customer, visit, unhappy ? bad : good,
                                 zipf_text(dice, 4) + (unhappy && dice() % 2 == 0 ? " never came" : "")});
      }
    }
    const auto said = [&] {
      std::vector<Said> all;
      for (std::size_t g = 0; g < groups.size(); ++g) {
        for (Said one : groups[g]) {
          one.customer = static_cast<int>(g);
          all.push_back(std::move(one));
        }
      }
      return words_at(table_saying(all), visit);
    };
    const CommentWords one = said();
    for (std::size_t i = groups.size(); i > 1; --i) std::swap(groups[i - 1], groups[dice() % i]);
    const CommentWords other = said();
    CHECK(!one.words.empty());
    CHECK(texts(one) == texts(other));
    CHECK(one.examples == other.examples);
    CHECK(one.tested == other.tested);
    for (std::size_t i = 0; i < one.words.size(); ++i) {
      CHECK(one.words[i].z == other.words[i].z);
      CHECK(one.words[i].p == other.words[i].p);
    }
  }
}

TEST_CASE("comment_words: what is planted is found among noise, and little else",
          "[friction][comment_words]") {
  check_simulation(40);
}

TEST_CASE("comment_words: what is planted is found among noise, in many runs",
          "[.nightly][friction][comment_words]") {
  check_simulation(1'000);
}

TEST_CASE("tokens: words of three scripts, masks left out", "[friction][comment_words]") {
  CHECK(tokens("") == std::vector<Token>{});
  CHECK(tokens("[name] … !") == std::vector<Token>{});
  CHECK(tokens("Don’t WAIT") == std::vector<Token>{{"don't", false}, {"wait", true}});
  CHECK(tokens("wi-fi - ÜBEL, 2x") == std::vector<Token>{{"wi-fi", false}, {"übel", false}, {"2x", false}});
  CHECK(tokens("ΑΡΓΟΣ Ёлка") == std::vector<Token>{{"αργοσ", false}, {"ёлка", true}});
  CHECK(tokens("call [name] back [now] please") ==
        std::vector<Token>{{"call", false}, {"back", false}, {"now", false}, {"please", false}});
  CHECK(tokens("'quoted' -x- a--b") ==
        std::vector<Token>{{"quoted", false}, {"x", false}, {"a", false}, {"b", false}});
}

}  // namespace lotse::test
