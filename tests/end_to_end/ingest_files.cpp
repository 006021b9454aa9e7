#include <catch2/catch.hpp>

#include "tests/support/command.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/table.hpp"

namespace lotse {
namespace {

TEST_CASE("ingest: what came before a file that cannot be read is stored, and seen by analysts",
          "[end_to_end]") {
  const test::Folder folder;
  const std::string workspace = (test::source_dir() / "journeys/broadband").string();
  const std::string log = (folder / "log.ndjson").string();
  const std::string store = (folder / "s.lotse").string();
  REQUIRE(test::lotse({"simulate", workspace, "--customers", "20", "--seed", "1", "--output", log}).status ==
          0);

  const auto run =
      test::lotse({"ingest", log, (folder / "missing.ndjson").string(), "-w", workspace, "--store", store});

  CHECK(run.status == 2);
  CHECK(run.err.find("missing.ndjson") != std::string::npos);
  const test::Table table(store);
  CHECK(table.number("SELECT count(*) FROM events") > 20);
  CHECK(table.number("SELECT count(DISTINCT customer) FROM stays") >= 20);
}

}  // namespace
}  // namespace lotse
