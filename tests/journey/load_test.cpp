#include "tests/journey/support.hpp"

namespace lotse::test {

TEST_CASE("load_journey: the example of the format loads without a finding", "[journey]") {
  const auto journey = must_load(example_text());
  CHECK(journey->id == "broadband-onboarding");
}

}  // namespace lotse::test
