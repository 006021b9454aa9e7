#include "channels/logged/logged.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/channels/deliveries.hpp"

namespace lotse::logged {

TEST_CASE("logged: a line tells what would leave, and not to whom or what", "[logged]") {
  std::vector<std::string> lines;
  const auto adapter = make_adapter([&lines](std::string_view line) { lines.emplace_back(line); });
  const Outgoing outgoing{.id = "m-1",
                          .journey = "basket",
                          .touchpoint = "reminder",
                          .channel = "email",
                          .template_name = "your_basket",
                          .customer = "email:ülle@example.net",
                          .ids = {{"email", "ülle@example.net"}},
                          .address = "ülle@example.net",
                          .with = Value(Map{{Value("name"), Value("Ülle\nx")}})};
  const auto body = adapter->compose(outgoing);
  REQUIRE(body);

  const Delivery delivery = test::deliver(*adapter, {"m-1", *body, test::now()});

  CHECK(delivery.kind == Delivery::Kind::delivered);
  CHECK(lines ==
        std::vector<std::string>{"message id=\"m-1\" channel=\"email\" template=\"your_basket\" "
                                 "journey=\"basket\" touchpoint=\"reminder\" customer=\"email:ü…\""});
}

TEST_CASE("logged: an alert has no customer", "[logged]") {
  const auto adapter = make_adapter([](std::string_view) {});

  CHECK(*adapter->compose({.kind = Outgoing::Kind::alert, .id = "a-1", .journey = "basket"}) ==
        "alert id=\"a-1\" journey=\"basket\"");
}

}  // namespace lotse::logged
