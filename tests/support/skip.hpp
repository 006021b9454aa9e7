#pragma once

#include <string_view>

#include "tests/support/paths.hpp"

/// Leaves the test with a line that CTest shows as skipped. A skip is a hole in the test run: only for what
/// the project never needs to build or run.
#define LOTSE_SKIP(reason)              \
  do {                                  \
    ::lotse::test::say_skipped(reason); \
    return;                             \
  } while (false)

namespace lotse::test {

void say_skipped(std::string_view reason);

}  // namespace lotse::test
