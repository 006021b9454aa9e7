#include "engine/workbench/seen_once.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace lotse {

TEST_CASE("seen once: each source and id is new one time, however many there are", "[workbench]") {
  SeenOnce seen;
  std::size_t wrong = 0;
  constexpr int many = 100'000;  // grows the table several times
  for (const bool again : {false, true}) {
    for (int i = 0; i < many; ++i) {
      for (const char* source : {"a", "b"}) {
        if (seen.first(source, std::to_string(i)) == again) ++wrong;
      }
    }
  }
  CHECK(wrong == 0);

  // Where one text ends and the other begins makes a difference.
  CHECK(seen.first("x", "yz"));
  CHECK(seen.first("xy", "z"));
  CHECK(seen.first("", "xyz"));
  CHECK_FALSE(seen.first("x", "yz"));

  seen.clear();
  CHECK(seen.first("a", "1"));
}

}  // namespace lotse
