#include "engine/store/event_text.hpp"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "tests/store/events.hpp"

namespace lotse {
namespace {

using test::text_of;

Result<Event> read(std::string text) {
  const std::size_t size = text.size();
  text.append(EventReader::padding, '\0');
  return EventReader().read(std::string_view(text).substr(0, size));
}

void check_same(const Event& a, const Event& b) {
  CHECK(a.key() == b.key());
  CHECK(a.type == b.type);
  CHECK(a.channel == b.channel);
  CHECK(a.arrived == b.arrived);
  CHECK(a.from_future == b.from_future);
  CHECK(a.ids == b.ids);
  CHECK(a.properties.identical(b.properties));
  CHECK(a.traits.identical(b.traits));
}

TEST_CASE("event text: has the layout that the views read", "[store]") {
  Event event = test::event(1, "o-1", "anna");
  event.channel = "web";
  event.ids.push_back({"email", "anna@example.net"});
  event.properties = Value(Map{{Value("amount"), Value(12.0)}, {Value("items"), Value(std::int64_t{3})}});

  CHECK(text_of(event) == R"([1700000100000,1700000001000,0,"shop","o-1","order_placed","web",)"
                          R"({"user_id":"anna","email":"anna@example.net"},{"amount":12.0,"items":3},{}])");
}

TEST_CASE("event text: every JSON value reads back as it was", "[store]") {
  struct Row {
    const char* why;
    Value value;
  };
  const auto row = GENERATE(
      Row{"null", Value()}, Row{"a flag", Value(true)},
      Row{"the least integer", Value(std::numeric_limits<std::int64_t>::min())},
      Row{"beyond int64", Value(std::numeric_limits<std::uint64_t>::max())},
      Row{"a double without fraction stays one", Value(3.0)}, Row{"minus zero", Value(-0.0)},
      Row{"a big double without point or exponent", Value(123456789012345680.0)},
      Row{"a third", Value(1.0 / 3)},
      Row{"the least double", Value(std::numeric_limits<double>::denorm_min())},
      Row{"the greatest double", Value(std::numeric_limits<double>::max())},
      Row{"what JSON escapes", Value(std::string("\"\\\n\r\t\0\x1f\x7f/", 9))},
      Row{"beyond ASCII", Value("Zoë → 🚀")}, Row{"empty list", Value(List{})},
      Row{"empty map", Value(Map{})},
      Row{"nesting", Value(List{Value(Map{{Value("a"), Value(List{Value(), Value("b")})}}), Value(false)})});
  CAPTURE(row.why);
  Event event = test::event(1, "e", "anna");
  event.properties = Value(Map{{Value("p"), row.value}});
  std::string text;

  const EventText made = append_event(text, event, Instant{});

  CHECK(made.lossless);
  check_same(read(text).value(), event);
}

TEST_CASE("event text: what JSON has no form for is said to be lossy", "[store]") {
  const auto value =
      GENERATE(Value(Instant(Duration(1))), Value(std::nan("")), Value(std::uint64_t{1}), Value(Bytes{"x"}));
  Event event = test::event(1, "e", "anna");
  event.properties = Value(Map{{Value("p"), value}});
  std::string text;

  CHECK_FALSE(append_event(text, event, Instant{}).lossless);

  const Event again = read(text).value();
  CHECK(text_of(again) == text);
}

TEST_CASE("event text: a namespace may come twice, as in an alias of two user ids", "[store]") {
  Event event = test::event(1, "e", "anna");
  event.ids.push_back({"user_id", "ann"});

  check_same(read(text_of(event)).value(), event);
}

TEST_CASE("event text: source and id are the key, whatever characters they have", "[store]") {
  const bool holds =
      rc::check([](const std::string& source, const std::string& id, const std::string& other) {
        Event event = test::event(1, id, "anna");
        event.source = source;
        Event same = test::event(7, id, "bert");
        same.source = source;
        Event different = event;
        different.source = other;

        RC_ASSERT(key_of(text_of(event)) == key_of(text_of(same)));
        RC_ASSERT((key_of(text_of(event)) == key_of(text_of(different))) == (source == other));
      });
  REQUIRE(holds);
}

TEST_CASE("event text: content is all but the arrival", "[store]") {
  const Event event = test::event(1, "e", "anna");
  Event later = event;
  later.arrived += std::chrono::hours(1);
  Event moved = event;
  moved.time += Duration(1);
  Event renamed = event;
  renamed.type = "order_paid";

  CHECK(same_content(text_of(event), text_of(later)));
  CHECK_FALSE(same_content(text_of(event), text_of(moved)));
  CHECK_FALSE(same_content(text_of(event), text_of(renamed)));
}

TEST_CASE("event text: a time from the future is compared as it was claimed", "[store]") {
  const Instant claimed = test::event(1, "e", "anna").time + std::chrono::hours(24 * 365);
  const auto arrived = [&](std::int64_t second) {
    Event event = test::event(1, "e", "anna");
    event.time = event.arrived = test::event(second, "", "").time;
    event.from_future = true;
    std::string text;
    append_event(text, event, claimed);
    return text;
  };

  CHECK(same_content(arrived(5), arrived(9)));
  CHECK(read(arrived(5)).value().from_future);
}

TEST_CASE("event text: what is no event is an Error", "[store]") {
  const auto text = GENERATE("", "[", "[1,2,3]", "{}", R"([1,2,0,"s","i","t","c",{},{}])",
                             R"([1,2,0,"s","i","t","c",{},{},7])");
  CAPTURE(text);

  const auto event = read(text);

  REQUIRE_FALSE(event);
  CHECK(event.error().code == ErrorCode::storage);
}

}  // namespace
}  // namespace lotse
