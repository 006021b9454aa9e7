#include "engine/identity/identity.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

namespace lotse::test {
namespace {

using namespace std::chrono_literals;

const Identifier ada{"user_id", "ada"};
const Identifier bob{"user_id", "bob"};
const Identifier ada_mail{"email", "ada@example.net"};
const Identifier kiosk{"anonymous_id", "kiosk"};
const Identifier phone{"anonymous_id", "phone"};

IdentitySettings settings() {
  return {.namespace_rank = {"user_id", "email", "anonymous_id"},
          .limits = {{"user_id", 1}},
          .never = {"", "null", "Unknown"}};
}

/// Adds events as a sentence would: each call is one event, its time in seconds.
class Story {
 public:
  IdentityOutcome seen(int at, std::vector<Identifier> ids) {
    return add(at, LinkKind::seen_together, std::move(ids));
  }
  IdentityOutcome linked(int at, std::vector<Identifier> ids) {
    return add(at, LinkKind::explicit_link, std::move(ids));
  }
  IdentityOutcome unlinked(int at, std::vector<Identifier> ids) {
    return add(at, LinkKind::unlink, std::move(ids));
  }

  [[nodiscard]] NodeIndex node(const Identifier& id) const { return identities.find(id).value(); }
  [[nodiscard]] CustomerNumber customer(const Identifier& id) const {
    return identities.customer_of(node(id));
  }
  [[nodiscard]] std::string name(const Identifier& id) const { return identities.name_of(customer(id)); }
  [[nodiscard]] bool together(const Identifier& x, const Identifier& y) const {
    return customer(x) == customer(y);
  }

  Identities identities{settings()};

 private:
  IdentityOutcome add(int at, LinkKind kind, std::vector<Identifier> ids) {
    return identities.add({Instant{at * 1s}, "e" + std::to_string(++number_), "test"}, kind, ids);
  }
  int number_ = 0;
};

}  // namespace

TEST_CASE("identity: the primary identifier is of the highest-ranked namespace", "[identity]") {
  struct Row {
    const char* why;
    std::vector<Identifier> ids;
    Identifier primary;
  };
  const auto row = GENERATE(values<Row>({
      {"the only one", {kiosk}, kiosk},
      {"by the configured rank, not by the order of naming", {kiosk, ada_mail, ada}, ada},
      {"a namespace without rank comes after all that have one", {{"aaa", "1"}, kiosk}, kiosk},
      {"namespaces without rank are ranked bytewise", {{"b", "1"}, {"a", "2"}, {"Z", "3"}}, {"Z", "3"}},
      {"within a namespace the bytewise smallest value", {{"email", "b"}, {"email", "B"}}, {"email", "B"}},
      {"a refused identifier is none, whatever its rank", {{"user_id", "null"}, kiosk}, kiosk},
  }));
  CAPTURE(row.why);
  Story story;

  const auto outcome = story.seen(1, row.ids);

  REQUIRE(outcome.primary.has_value());
  CHECK(story.identities.identifier(*outcome.primary) == row.primary);
}

TEST_CASE("identity: what names nobody is refused", "[identity]") {
  struct Row {
    const char* why;
    Identifier id;
    bool accepted;
  };
  const auto row = GENERATE(values<Row>({
      {"a plain value", {"user_id", "4711"}, true},
      {"of the never-list", {"user_id", "null"}, false},
      {"the never-list has no case", {"user_id", "NULL"}, false},
      {"its own entries have no case either", {"user_id", "unknown"}, false},
      {"surrounding white space does not help", {"user_id", " null\t"}, false},
      {"the empty value is in the list", {"user_id", ""}, false},
      {"and so is one of white space alone", {"user_id", "  "}, false},
      {"a listed word within a value", {"user_id", "nullable"}, true},
      {"an empty namespace", {"", "4711"}, false},
      {"the longest value", {"user_id", std::string(512, 'x')}, true},
      {"a longer value", {"user_id", std::string(513, 'x')}, false},
      {"the longest namespace", {std::string(64, 'n'), "4711"}, true},
      {"a longer namespace", {std::string(65, 'n'), "4711"}, false},
  }));
  CAPTURE(row.why);
  Story story;

  const auto outcome = story.seen(1, {row.id});

  CHECK(story.identities.accepts(row.id) == row.accepted);
  CHECK(outcome.primary.has_value() == row.accepted);
  CHECK(story.identities.size() == (row.accepted ? 1U : 0U));
  CHECK(story.identities.statistics().refused_identifiers == (row.accepted ? 0U : 1U));
}

TEST_CASE("identity: identifiers seen together are one customer", "[identity]") {
  Story story;
  story.seen(1, {phone});
  const auto joined = story.seen(2, {ada, phone});
  story.seen(3, {ada, ada_mail});

  CHECK(story.together(phone, ada_mail));
  CHECK(story.identities.members(story.customer(ada)).size() == 3);
  CHECK_FALSE(joined.regrouped());  // ada had no earlier events and the name stays
  CHECK(story.name(ada) == "anonymous_id:phone");
  CHECK(story.identities.statistics().customers == 1);
}

TEST_CASE("identity: a merge names the customer to derive anew and the one that is gone", "[identity]") {
  Story story;
  story.seen(1, {phone});
  story.seen(2, {ada});
  const auto number_of_phone = story.customer(phone);
  const auto number_of_ada = story.customer(ada);

  const auto merged = story.seen(3, {ada, phone});

  CHECK(merged.changed == std::vector{number_of_phone});
  CHECK(merged.gone == std::vector{number_of_ada});
  CHECK(merged.customer == number_of_phone);
}

TEST_CASE("identity: a kiosk's anonymous id never joins two people", "[identity]") {
  Story story;
  story.seen(1, {ada, kiosk});
  const auto second = story.seen(2, {bob, kiosk});

  CHECK(story.together(ada, kiosk));
  CHECK_FALSE(story.together(ada, bob));
  CHECK(second.customer == story.customer(bob));  // the event belongs to its highest-ranked identifier
  CHECK_FALSE(second.regrouped());
  const auto refused = story.identities.refused_links();
  REQUIRE(refused.size() == 1);
  CHECK(story.identities.identifier(refused[0].primary) == bob);
  CHECK(story.identities.identifier(refused[0].other) == kiosk);
  CHECK(refused[0].since == EventKey{Instant{2s}, "e2", "test"});
  CHECK(refused[0].reason == RefusedLink::Reason::limit);
  CHECK(refused[0].name_space == "user_id");

  SECTION("an alias does not get round the limit") {
    story.linked(3, {ada, bob});
    CHECK_FALSE(story.together(ada, bob));
    CHECK(story.identities.statistics().refused_by_limit == 2);
  }
  SECTION("a late event that shows bob there first moves the kiosk to bob") {
    const auto late = story.seen(0, {bob, kiosk});
    CHECK(story.together(bob, kiosk));
    CHECK(late.changed == std::vector{story.customer(ada), story.customer(kiosk)});
    CHECK(late.gone.size() == 1);  // bob is counted under the kiosk's lower number now
  }
}

TEST_CASE("identity: a limit counts per namespace and per customer", "[identity]") {
  auto with_cards = settings();
  with_cards.limits.emplace_back("card", 2);
  Identities identities(with_cards);
  const auto seen = [&](int at, const std::string& card) {
    identities.add({Instant{at * 1s}, "e", "test"}, LinkKind::seen_together,
                   std::vector{ada, Identifier{"card", card}});
  };

  seen(1, "1");
  seen(2, "2");
  seen(3, "3");

  const auto customer = identities.customer_of(identities.find(ada).value());
  CHECK(identities.members(customer).size() == 3);
  CHECK(identities.customer_of(identities.find({"card", "3"}).value()) != customer);
  CHECK(identities.refused_links().at(0).name_space == "card");
}

TEST_CASE("identity: an unlinked pair stays apart until a later explicit link", "[identity]") {
  Story story;
  story.seen(1, {ada, kiosk});
  const auto apart = story.unlinked(5, {ada, kiosk});

  CHECK_FALSE(story.together(ada, kiosk));
  CHECK(apart.changed.size() == 2);
  CHECK(story.identities.statistics().unlinked == 1);
  CHECK(story.identities.refused_links().empty());  // withdrawn, not refused

  SECTION("being seen together again does not join it") {
    story.seen(6, {ada, kiosk});
    CHECK_FALSE(story.together(ada, kiosk));
  }
  SECTION("nor does an explicit link that is earlier than the unlink, though it comes later") {
    story.linked(4, {ada, kiosk});
    CHECK_FALSE(story.together(ada, kiosk));
  }
  SECTION("a later explicit link does, and takes the unlink back") {
    story.linked(6, {ada, kiosk});
    CHECK(story.together(ada, kiosk));
    CHECK(story.identities.statistics().unlinked == 0);
  }
  SECTION("and it may be unlinked again") {
    story.linked(6, {ada, kiosk});
    story.unlinked(7, {ada, kiosk});
    CHECK_FALSE(story.together(ada, kiosk));
  }
  SECTION("a link by way of a third identifier is refused: the pair stays apart") {
    story.seen(7, {ada, ada_mail});
    story.seen(8, {ada_mail, kiosk});
    CHECK_FALSE(story.together(ada, kiosk));
    CHECK(story.together(ada, ada_mail));
    const auto refused = story.identities.refused_links();
    REQUIRE(refused.size() == 1);
    CHECK(refused[0].reason == RefusedLink::Reason::kept_apart);
    CHECK(refused[0].name_space.empty());
  }
  SECTION("what the link had kept out may now come in") {
    story.seen(2, {bob, kiosk});
    CHECK(story.together(bob, kiosk));
  }
  SECTION("a link taken up again counts from its first event, as if it had never been unlinked") {
    story.seen(6, {bob, kiosk});
    CHECK(story.together(bob, kiosk));
    story.linked(7, {ada, kiosk});
    CHECK(story.together(ada, kiosk));
    CHECK_FALSE(story.together(bob, kiosk));
  }
}

TEST_CASE("identity: an unlink splits a customer along the links that are left", "[identity]") {
  Story story;
  story.seen(1, {ada, ada_mail});
  story.seen(2, {ada_mail, phone});
  story.seen(3, {ada, kiosk});

  story.unlinked(4, {ada, phone});  // they were never linked directly: the later link on the way gives

  CHECK(story.together(ada, ada_mail));
  CHECK(story.together(ada, kiosk));
  CHECK_FALSE(story.together(ada, phone));
  CHECK(story.identities.refused_links().size() == 1);
}

TEST_CASE("identity: a customer is named after the identity seen first", "[identity]") {
  struct Row {
    const char* why;
    int at_user;
    int at_phone;
    const char* name;
  };
  const auto row = GENERATE(Row{"the user id is older", 1, 2, "user_id:ada"},
                            Row{"the device is older", 2, 1, "anonymous_id:phone"},
                            Row{"at the same instant rank decides", 1, 1, "user_id:ada"});
  CAPTURE(row.why);
  Story in_order;
  Story reversed;

  in_order.seen(row.at_user, {ada});
  in_order.seen(row.at_phone, {phone});
  in_order.seen(3, {ada, phone});
  reversed.seen(3, {ada, phone});
  reversed.seen(row.at_phone, {phone});
  reversed.seen(row.at_user, {ada});

  CHECK(in_order.name(phone) == row.name);
  CHECK(reversed.name(phone) == row.name);
}

TEST_CASE("identity: a late event that makes another identity the older one renames the customer",
          "[identity]") {
  Story story;
  story.seen(2, {ada, phone});
  REQUIRE(story.name(ada) == "user_id:ada");

  const auto late = story.seen(1, {phone});

  CHECK(story.name(ada) == "anonymous_id:phone");
  CHECK(late.changed == std::vector{story.customer(ada)});
  CHECK(late.gone.empty());
}

TEST_CASE("identity: values are told apart by namespace and by each byte", "[identity]") {
  const auto value = GENERATE(values<std::string>({
      "0b1f6a52-6a0e-4f3e-8d5c-2f1a9d7c1e00",  // stored packed
      "0B1F6A52-6A0E-4F3E-8D5C-2F1A9D7C1E00",  // upper case is another value
      "0b1f6a526a0e4f3e8d5c2f1a9d7c1e00",      // stored packed, without hyphens
      "0b1f6a52-6a0e-4f3e-8d5c-2f1a9d7c1e0g",  // no UUID
      "0b1f6a52x6a0e-4f3e-8d5c-2f1a9d7c1e00",
      "x",
      std::string("a\0b", 3),
      std::string(253, 'y'),  // stored with a length of two bytes
      std::string(512, 'z'),
  }));
  Story story;

  story.seen(1, {{"email", value}});
  story.seen(1, {{"phone", value}});

  CHECK(story.identities.identifier(story.node({"email", value})) == Identifier{"email", value});
  CHECK_FALSE(story.together({"email", value}, {"phone", value}));
  CHECK_FALSE(story.identities.find({"email", value + "0"}).has_value());
  CHECK_FALSE(story.identities.find({"card", value}).has_value());
}

TEST_CASE("identity: an image that cannot be trusted is refused with the reason", "[identity]") {
  Story story;
  story.seen(1, {ada, kiosk});
  story.unlinked(2, {ada, kiosk});
  std::string image;
  story.identities.save(image);
  const std::string damaged = "identities: the check-point is damaged (cut short or changed)";

  SECTION("cut short at any byte") {
    for (std::size_t size = 16; size < image.size(); size += size < 100 ? 1 : 97) {
      const auto loaded = Identities::load(std::string_view(image).substr(0, size), settings());
      REQUIRE_FALSE(loaded.has_value());
      CHECK(loaded.error() == Error{ErrorCode::storage, damaged});
    }
  }
  SECTION("changed at any byte of the body") {
    for (std::size_t at = 16; at < image.size(); at += 13) {
      std::string changed = image;
      changed[at] = static_cast<char>(changed[at] ^ 1);
      const auto loaded = Identities::load(changed, settings());
      REQUIRE_FALSE(loaded.has_value());
      CHECK(loaded.error() == Error{ErrorCode::storage, damaged});
    }
  }
  SECTION("of another format") {
    const auto loaded = Identities::load("something else, long enough to be a head", settings());
    REQUIRE_FALSE(loaded.has_value());
    CHECK(loaded.error() == Error{ErrorCode::conflict, "identities: the check-point is of another format"});
  }
  SECTION("made under other settings") {
    auto other = settings();
    other.limits = {{"user_id", 2}};
    const auto loaded = Identities::load(image, other);
    REQUIRE_FALSE(loaded.has_value());
    CHECK(loaded.error() ==
          Error{ErrorCode::conflict, "identities: the check-point was made under other identity settings"});
  }
  SECTION("while the untouched one is taken") {
    const auto loaded = Identities::load(image, settings());
    REQUIRE(loaded.has_value());
    CHECK(loaded->statistics().unlinked == 1);
  }
}

}  // namespace lotse::test
