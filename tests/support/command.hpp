#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace lotse::test {

struct Finished {
  int status = 0;  ///< as a shell shows it: 128 + signal where a signal ended it
  std::string out;
  std::string err;
};

/// The `lotse` that was built with the tests.
[[nodiscard]] std::filesystem::path lotse_program();

/// Runs `lotse` with these arguments, in the checkout's top folder, and waits for it. Standard input is empty
/// and no stream is a terminal.
[[nodiscard]] Finished lotse(const std::vector<std::string>& arguments);

}  // namespace lotse::test
