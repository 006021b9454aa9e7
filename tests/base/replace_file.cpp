#include "engine/base/replace_file.hpp"

#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/folder.hpp"

namespace lotse {
namespace {

namespace fs = std::filesystem;

constexpr fs::perms for_owner = fs::perms::owner_read | fs::perms::owner_write;

std::string text_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::ptrdiff_t files_in(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

}  // namespace

TEST_CASE("replace a file: the whole text, the mode that is asked for, and nothing beside it", "[base]") {
  const test::Folder folder;
  const fs::path file = folder / "order.yaml";

  REQUIRE(replace_file(file, "first", for_owner | fs::perms::group_read));
  CHECK(text_of(file) == "first");
  CHECK(fs::status(file).permissions() == (for_owner | fs::perms::group_read));

  const std::string large(1 << 20, 'x');
  REQUIRE(replace_file(file, large, for_owner));
  CHECK(text_of(file) == large);
  CHECK(fs::status(file).permissions() == for_owner);
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("replace a file: what cannot be written leaves the old text, and no piece of the new one",
          "[base]") {
  const test::Folder folder;
  const fs::path file = folder / "order.yaml";
  REQUIRE(replace_file(file, "first", for_owner));
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  rlimit little = before;
  little.rlim_cur = 8;
  const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &little) == 0);

  const Result<void> written = replace_file(file, "longer than may be", for_owner);

  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  std::signal(SIGXFSZ, ignored);
  REQUIRE_FALSE(written);
  CHECK(written.error().code == ErrorCode::storage);
  CHECK(written.error().message.find(file.string()) != std::string::npos);
  CHECK(text_of(file) == "first");
  CHECK(files_in(folder.path()) == 1);
  CHECK_FALSE(replace_file(folder / "nowhere" / "order.yaml", "x", for_owner));
}

}  // namespace lotse
