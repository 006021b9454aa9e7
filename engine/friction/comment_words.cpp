#include "engine/friction/comment_words.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "engine/friction/letters.hpp"
#include "engine/friction/personal_data.hpp"
#include "engine/friction/proportion.hpp"
#include "engine/friction/significance.hpp"

namespace lotse {
namespace {

namespace rules = comment_words_rules;

constexpr std::uint32_t no_word = std::numeric_limits<std::uint32_t>::max();
/// Of comments that are in no place's corpus.
constexpr std::uint32_t elsewhere = std::numeric_limits<std::uint32_t>::max();

struct Comment {
  std::uint32_t text;  ///< into StayTable::comments
  std::uint32_t customer;
  std::uint32_t corpus;    ///< into the places asked for, where it is negative and theirs; else elsewhere
  std::size_t first_term;  ///< of its words
  std::size_t end_term;
};

/// The selected comments, customer by customer.
std::vector<Comment> selected_comments(const StayTable& table, const Selection& selection,
                                       std::span<const std::uint16_t> places) {
  std::vector<std::uint32_t> corpus_of(table.places.size(), elsewhere);
  for (std::uint32_t i = 0; i < places.size(); ++i) corpus_of[places[i]] = i;
  const Instant from = selection.from.value_or(Instant::min());
  const Instant to = selection.to.value_or(never);
  std::vector<Comment> comments;
  for (const StayTable::FeedbackRow& row : table.feedback) {
    if (row.comment == no_comment) continue;
    // As in tally(): the parts of a stay that hopped from channel to channel are one.
    std::uint32_t stay = row.stay;
    while (stay > 0 && table.entry[stay] == Entry::hop && table.cause[stay - 1] == Cause::hopped) --stay;
    const Instant entered = table.entered[stay];
    const bool kept = selection.keep == nullptr || (*selection.keep)[stay];
    if (entered < from || entered >= to || !kept) continue;
    const bool negative = is_negative_fixed(row.scale, row.score);
    comments.push_back({.text = row.comment,
                        .customer = table.instances[table.instance[stay]].customer,
                        .corpus = negative ? corpus_of[table.place[stay]] : elsewhere,
                        .first_term = 0,
                        .end_term = 0});
  }
  return comments;
}

/// Words or phrases, counted by customers.
struct Vocabulary {
  struct Corpus {
    std::vector<std::uint64_t> inside;  ///< by term: customers who use it there
    std::vector<std::uint64_t> only;    ///< … and nowhere else
    std::uint64_t total_inside = 0;
    std::uint64_t total_outside = 0;
  };
  std::vector<std::uint64_t> users;  ///< by term
  std::uint64_t total = 0;           ///< Σ users, those of terms that are not kept included
  std::vector<Corpus> corpora;

  explicit Vocabulary(std::size_t places) : corpora(places) {}
  [[nodiscard]] std::uint64_t outside(std::size_t corpus, std::size_t term) const {
    return users[term] - corpora[corpus].only[term];
  }
};

struct Use {
  std::uint64_t term;
  std::uint32_t corpus;
  friend auto operator<=>(const Use&, const Use&) = default;
};

/// Adds one customer's uses. `index` gives the number of a term, or no_word for one that only counts in
/// totals.
template <class Index>
void count_customer(Vocabulary& vocabulary, std::vector<Use>& uses, Index index) {
  std::sort(uses.begin(), uses.end());
  uses.erase(std::unique(uses.begin(), uses.end()), uses.end());
  const auto count = uses.size();
  for (std::size_t first = 0; first < count;) {
    std::size_t end = first;
    while (end < count && uses[end].term == uses[first].term) ++end;
    const std::uint32_t term = index(uses[first].term);
    ++vocabulary.total;
    if (term != no_word) {
      if (term >= vocabulary.users.size()) vocabulary.users.resize(term + 1);
      ++vocabulary.users[term];
    }
    for (auto& corpus : vocabulary.corpora) ++corpus.total_outside;
    for (std::size_t use = first; use < end; ++use) {
      if (uses[use].corpus == elsewhere) continue;
      Vocabulary::Corpus& corpus = vocabulary.corpora[uses[use].corpus];
      const bool only = end == first + 1;
      ++corpus.total_inside;
      if (only) --corpus.total_outside;
      if (term == no_word) continue;
      corpus.inside.resize(std::max<std::size_t>(corpus.inside.size(), term + 1));
      corpus.only.resize(corpus.inside.size());
      ++corpus.inside[term];
      corpus.only[term] += only ? 1U : 0U;
    }
    first = end;
  }
  uses.clear();
}

void finish(Vocabulary& vocabulary, std::size_t terms) {
  vocabulary.users.resize(terms);
  for (auto& corpus : vocabulary.corpora) {
    corpus.inside.resize(terms);
    corpus.only.resize(terms);
  }
}

struct Term {
  std::uint32_t word;
  bool follows;
};

struct Tested {
  std::uint32_t first;             ///< word
  std::uint32_t second = no_word;  ///< of a phrase
  CommentWord said;
  bool shown = false;
};

/// δ and z of one term. Monroe, Colaresi & Quinn 2008, eq. 15–22, α as in their informative prior.
CommentWord log_odds(const Vocabulary& vocabulary, std::size_t corpus, std::size_t term) {
  const Vocabulary::Corpus& own = vocabulary.corpora[corpus];
  CommentWord word;
  word.inside = own.inside[term];
  word.outside = vocabulary.outside(corpus, term);
  const auto inside = static_cast<double>(word.inside);
  const auto outside = static_cast<double>(word.outside);
  const auto total_inside = static_cast<double>(own.total_inside);
  const auto total_outside = static_cast<double>(own.total_outside);
  const double weight = std::min(total_inside, total_outside) / 2;
  const double alpha =
      weight * static_cast<double>(vocabulary.users[term]) / static_cast<double>(vocabulary.total);
  const double odds_inside = (inside + alpha) / (total_inside + weight - inside - alpha);
  const double odds_outside = (outside + alpha) / (total_outside + weight - outside - alpha);
  if (!(odds_inside > 0) || !(odds_outside > 0)) return word;
  word.log_odds_ratio = std::log(odds_inside) - std::log(odds_outside);
  word.z = word.log_odds_ratio / std::sqrt(1 / (inside + alpha) + 1 / (outside + alpha));
  return word;
}

class Counter {
 public:
  Counter(const StayTable& table, const Selection& selection, std::span<const std::uint16_t> places)
      : table_(table),
        places_(places),
        comments_(selected_comments(table, selection, places)),
        words_(places.size()),
        phrases_(places.size()) {}

  std::vector<CommentWords> run() {
    read_comments();
    count_words();
    count_phrases();
    std::vector<CommentWords> result;
    for (std::uint32_t corpus = 0; corpus < places_.size(); ++corpus) result.push_back(answer(corpus));
    return result;
  }

 private:
  void read_comments() {
    for (Comment& comment : comments_) {
      comment.first_term = terms_.size();
      for (Token& token : tokens(table_.comments[comment.text])) {
        const auto next = static_cast<std::uint32_t>(texts_.size());
        const auto [found, is_new] = ids_.try_emplace(std::move(token.text), next);
        if (is_new) texts_.push_back(&found->first);
        terms_.push_back({found->second, token.follows});
      }
      comment.end_term = terms_.size();
    }
  }

  /// Calls `add` for each comment and `close` after each customer's last.
  template <class Add, class Close>
  void each_customer(Add add, Close close) {
    for (std::size_t i = 0; i < comments_.size(); ++i) {
      add(comments_[i]);
      if (i + 1 == comments_.size() || comments_[i + 1].customer != comments_[i].customer) close();
    }
  }

  void count_words() {
    std::vector<Use> uses;
    each_customer(
        [&](const Comment& comment) {
          for (std::size_t t = comment.first_term; t < comment.end_term; ++t) {
            uses.push_back({terms_[t].word, comment.corpus});
          }
        },
        [&] {
          count_customer(words_, uses, [](std::uint64_t word) { return static_cast<std::uint32_t>(word); });
        });
    finish(words_, texts_.size());
  }

  /// A phrase can only be used by as many customers as its rarer word: others need no count of their own.
  void count_phrases() {
    std::vector<Use> uses;
    const auto index = [&](std::uint64_t phrase) {
      const auto first = static_cast<std::uint32_t>(phrase >> 32U);
      const auto second = static_cast<std::uint32_t>(phrase);
      if (std::min(words_.users[first], words_.users[second]) < rules::least_customers) return no_word;
      const auto [found, is_new] =
          phrase_ids_.try_emplace(phrase, static_cast<std::uint32_t>(phrase_words_.size()));
      if (is_new) phrase_words_.emplace_back(first, second);
      return found->second;
    };
    each_customer(
        [&](const Comment& comment) {
          for (std::size_t t = comment.first_term + 1; t < comment.end_term; ++t) {
            if (!terms_[t].follows) continue;
            uses.push_back({(std::uint64_t{terms_[t - 1].word} << 32U) | terms_[t].word, comment.corpus});
          }
        },
        [&] { count_customer(phrases_, uses, index); });
    finish(phrases_, phrase_words_.size());
  }

  CommentWords answer(std::uint32_t corpus) {
    CommentWords said;
    said.place = places_[corpus];
    count_comments(corpus, said);
    said.too_few = said.comments < rules::least_comments;
    std::vector<Tested> found;
    if (!said.too_few) found = findings(corpus, said);
    for (const Tested& tested : found) said.words.push_back(tested.said);
    said.examples = examples(corpus, found);
    return said;
  }

  void count_comments(std::uint32_t corpus, CommentWords& said) {
    bool inside = false;
    bool outside = false;
    each_customer(
        [&](const Comment& comment) {
          const bool own = comment.corpus == corpus;
          (own ? said.comments : said.other_comments) += 1;
          (own ? inside : outside) = true;
        },
        [&] {
          said.customers += inside ? 1U : 0U;
          said.other_customers += outside ? 1U : 0U;
          inside = outside = false;
        });
  }

  std::vector<Tested> findings(std::uint32_t corpus, CommentWords& said) const {
    std::vector<Tested> tested;
    for (std::uint32_t word = 0; word < texts_.size(); ++word) {
      if (words_.users[word] < rules::least_customers) continue;
      tested.push_back({.first = word, .said = log_odds(words_, corpus, word)});
      tested.back().said.text = *texts_[word];
    }
    for (std::uint32_t phrase = 0; phrase < phrase_words_.size(); ++phrase) {
      if (phrases_.users[phrase] < rules::least_customers) continue;
      const auto [first, second] = phrase_words_[phrase];
      tested.push_back({.first = first, .second = second, .said = log_odds(phrases_, corpus, phrase)});
      tested.back().said.text = *texts_[first] + " " + *texts_[second];
    }
    said.tested = tested.size();
    std::vector<double> p;
    for (const Tested& one : tested) p.push_back(normal_upper_tail(one.said.z));
    const std::vector<double> adjusted = benjamini_hochberg(p);
    for (std::size_t i = 0; i < tested.size(); ++i) {
      CommentWord& word = tested[i].said;
      word.p = adjusted[i];
      tested[i].shown =
          word.p <= rules::q && word.z >= rules::least_z && word.inside >= rules::least_customers;
    }
    choose_between_words_and_phrases(corpus, tested);
    std::erase_if(tested, [](const Tested& one) { return !one.shown; });
    std::sort(tested.begin(), tested.end(), [](const Tested& a, const Tested& b) {
      if (a.said.z != b.said.z) return a.said.z > b.said.z;
      return a.said.text < b.said.text;
    });
    if (tested.size() > rules::most_words) tested.resize(rules::most_words);
    return tested;
  }

  /// A phrase takes the place of those of its words of whose users most use the phrase. One that takes no
  /// found word's place says no more than that word does.
  void choose_between_words_and_phrases(std::uint32_t corpus, std::vector<Tested>& tested) const {
    std::unordered_map<std::uint32_t, Tested*> found;
    for (Tested& one : tested) {
      if (one.shown && one.second == no_word) found.emplace(one.first, &one);
    }
    std::set<std::uint32_t> replaced;
    for (Tested& phrase : tested) {
      if (!phrase.shown || phrase.second == no_word) continue;
      bool any_found = false;
      bool any_covered = false;
      for (const std::uint32_t word : {phrase.first, phrase.second}) {
        if (!found.contains(word)) continue;
        any_found = true;
        if (2 * phrase.said.inside <= words_.corpora[corpus].inside[word]) continue;
        any_covered = true;
        replaced.insert(word);
      }
      phrase.shown = any_covered || !any_found;
    }
    for (const std::uint32_t word : replaced) found.at(word)->shown = false;
  }

  struct Example {
    std::size_t hits = 0;
    bool short_one = false;
    const std::string* text = nullptr;

    /// Most of the words first, then what says more than a word or two, then the shorter, then bytewise.
    friend bool operator<(const Example& a, const Example& b) {
      if (a.hits != b.hits) return a.hits > b.hits;
      if (a.short_one != b.short_one) return b.short_one;
      if (a.text->size() != b.text->size()) return a.text->size() < b.text->size();
      return *a.text < *b.text;
    }
  };

  std::vector<std::string> examples(std::uint32_t corpus, const std::vector<Tested>& found) {
    std::vector<Example> best;  // of each customer
    std::optional<Example> own;
    each_customer(
        [&](const Comment& comment) {
          if (comment.corpus != corpus) return;
          const Example example = example_of(comment, found);
          if (!own || example < *own) own = example;
        },
        [&] {
          if (own) best.push_back(*own);
          own.reset();
        });
    std::sort(best.begin(), best.end());
    std::vector<std::string> texts;
    for (const Example& example : best) {
      if (texts.size() == rules::most_examples) break;
      if (texts.empty() || texts.back() != *example.text) texts.push_back(*example.text);
    }
    return texts;
  }

  Example example_of(const Comment& comment, const std::vector<Tested>& found) const {
    constexpr std::size_t few_words = 3;
    Example example{.hits = 0,
                    .short_one = comment.end_term - comment.first_term < few_words,
                    .text = &table_.comments[comment.text]};
    for (const Tested& one : found) {
      for (std::size_t t = comment.first_term; t < comment.end_term; ++t) {
        const bool word = terms_[t].word == one.first;
        const bool phrase = one.second == no_word || (t + 1 < comment.end_term && terms_[t + 1].follows &&
                                                      terms_[t + 1].word == one.second);
        if (!word || !phrase) continue;
        ++example.hits;
        break;
      }
    }
    return example;
  }

  const StayTable& table_;
  std::span<const std::uint16_t> places_;
  std::vector<Comment> comments_;
  std::vector<Term> terms_;  ///< of all comments, one after another
  std::unordered_map<std::string, std::uint32_t> ids_;
  std::vector<const std::string*> texts_;  ///< of words
  Vocabulary words_;
  std::unordered_map<std::uint64_t, std::uint32_t> phrase_ids_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> phrase_words_;
  Vocabulary phrases_;
};

/// Length of the mask at the head of `text`, 0 if there is none.
std::size_t mask_length(std::string_view text) {
  for (const std::string_view mask : personal_data_masks()) {
    if (text.starts_with(mask)) return mask.size();
  }
  return 0;
}

/// Words of a text without masks.
void add_tokens(std::string_view text, std::vector<Token>& all) {
  bool follows = false;
  std::u32string folded = letters::decoded(text);
  for (char32_t& c : folded) c = letters::lower(letters::plain_punctuation(c));
  const auto word = [&](std::size_t i) {
    return i < folded.size() && (letters::is_letter(folded[i]) || letters::is_digit(folded[i]));
  };
  for (std::size_t i = 0; i < folded.size();) {
    if (!word(i)) {
      follows = follows && folded[i] == U' ';
      ++i;
      continue;
    }
    const std::size_t begin = i;
    while (word(i) ||
           (i < folded.size() && (folded[i] == U'-' || folded[i] == U'\'') && word(i - 1) && word(i + 1))) {
      ++i;
    }
    all.push_back({letters::encoded(std::u32string_view(folded).substr(begin, i - begin)), follows});
    follows = true;
  }
}

}  // namespace

std::vector<Token> tokens(std::string_view comment) {
  std::vector<Token> all;
  std::size_t begin = 0;
  for (std::size_t at = comment.find('['); at != std::string_view::npos; at = comment.find('[', at + 1)) {
    const std::size_t length = mask_length(comment.substr(at));
    if (length == 0) continue;
    add_tokens(comment.substr(begin, at - begin), all);
    begin = at + length;
  }
  add_tokens(comment.substr(begin), all);
  return all;
}

std::vector<CommentWords> comment_words(const StayTable& table, const Selection& selection,
                                        std::span<const std::uint16_t> places) {
  return Counter(table, selection, places).run();
}

}  // namespace lotse
