#include "engine/store/store.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <string>
#include <vector>

#include "engine/store/migrations.hpp"
#include "tests/support/folder.hpp"

namespace lotse {
namespace {

constexpr std::size_t kWalBytes = 64U << 20U;

std::unique_ptr<Store> open(const std::filesystem::path& file) {
  return std::move(Store::open_for_writing(file, kWalBytes)).value();
}

Journey journey(std::uint32_t version, std::string source) {
  Journey journey;
  journey.id = "onboarding";
  journey.version = version;
  journey.file = "journeys/onboarding.yaml";
  journey.source = std::move(source);
  journey.content_hash = "h" + journey.source;
  journey.channels = {"web"};
  return journey;
}

TEST_CASE("store: a second writer is refused, a reader is not", "[store]") {
  const test::Folder folder;
  const auto file = folder / "s.lotse";
  const auto store = open(file);

  const auto second = Store::open_for_writing(file, kWalBytes);
  const auto reader = Store::open_for_reading(file);

  REQUIRE_FALSE(second);
  CHECK(second.error() == Error{ErrorCode::unavailable,
                                fmt::format("{}: another lotse is writing to this store; end it, or ask it "
                                            "over HTTP if it is `lotse serve`",
                                            file.string())});
  CHECK(reader);
}

TEST_CASE("store: a new one and what lies beside it is not for everybody", "[store]") {
  namespace fs = std::filesystem;
  const test::Folder folder;
  const auto store = open(folder / "s.lotse");

  std::size_t files = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder.path())) {
    INFO(entry.path());
    if (entry.path().extension() == ".lotse-lock") continue;  // is empty
    CHECK((entry.status().permissions() & fs::perms::others_all) == fs::perms::none);
    ++files;
  }
  CHECK(files == 3);  // with the write-ahead log and its index
}

TEST_CASE("store: what cannot be opened says why", "[store]") {
  const test::Folder folder;
  const auto file = folder / "s.lotse";
  const std::string name = file.string();

  SECTION("a reader of a store that is not there") {
    const auto store = Store::open_for_reading(file);
    REQUIRE_FALSE(store);
    CHECK(store.error() == Error{ErrorCode::not_found, name + ": no such store"});
  }
  SECTION("a folder that is not there") {
    const auto store = Store::open_for_writing(folder / "no" / "s.lotse", kWalBytes);
    REQUIRE_FALSE(store);
    CHECK(store.error() == Error{ErrorCode::storage,
                                 (folder / "no" / "s.lotse").string() + "-lock: No such file or directory"});
  }
  SECTION("another program's database") {
    {
      auto other = sqlite::Connection::open(file, sqlite::Mode::create).value();
      REQUIRE(other.execute("CREATE TABLE theirs (x)"));
    }
    const auto store = Store::open_for_writing(file, kWalBytes);
    REQUIRE_FALSE(store);
    CHECK(store.error() == Error{ErrorCode::storage, name + ": this SQLite file belongs to another program"});
    auto other = sqlite::Connection::open(file, sqlite::Mode::read).value();
    CHECK(other.integer("SELECT count(*) FROM sqlite_schema").value() == 1);
  }
  SECTION("no database at all") {
    std::ofstream(file) << std::string(5'000, 'x');
    const auto store = Store::open_for_writing(file, kWalBytes);
    REQUIRE_FALSE(store);
    CHECK(store.error() == Error{ErrorCode::storage, name + ": this file is no Lotse store"});
  }
  SECTION("a store of a newer lotse") {
    open(file).reset();
    {
      auto newer = sqlite::Connection::open(file, sqlite::Mode::write).value();
      REQUIRE(newer.execute("PRAGMA user_version = 999"));
    }
    const std::string message =
        fmt::format("{}: the store has schema version 999, this lotse knows up to {}: use a newer lotse",
                    name, migrations().size());
    const auto writer = Store::open_for_writing(file, kWalBytes);
    REQUIRE_FALSE(writer);
    CHECK(writer.error() == Error{ErrorCode::storage, message});
    const auto reader = Store::open_for_reading(file);
    REQUIRE_FALSE(reader);
    CHECK(reader.error() == Error{ErrorCode::storage, message});
  }
}

TEST_CASE("store: an older schema is migrated step by step, a reader waits for that", "[store]") {
  const test::Folder folder;
  const auto file = folder / "s.lotse";
  auto connection = sqlite::Connection::open(file, sqlite::Mode::create).value();
  const SchemaMigration first{"0001_first.sql", "CREATE TABLE first (x)"};
  const SchemaMigration second{"0002_second.sql", "ALTER TABLE first ADD COLUMN y; CREATE TABLE second (x)"};
  const SchemaMigration wrong{"0002_wrong.sql", "CREATE TABLE third (x); CREATE TABLE first (x)"};

  REQUIRE(migrate(connection, std::array{first}));
  const auto checked = check_schema(connection, std::array{first, second});
  const auto failed = migrate(connection, std::array{first, wrong});
  const auto version_after_failure = connection.integer("PRAGMA user_version").value();
  REQUIRE(migrate(connection, std::array{first, second}));
  REQUIRE(migrate(connection, std::array{first, second}));

  REQUIRE_FALSE(checked);
  CHECK(checked.error() ==
        Error{ErrorCode::storage,
              fmt::format("{}: the store has schema version 1, this lotse reads 2: any `lotse ingest` "
                          "brings it up to date",
                          file.string())});
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message ==
        fmt::format("{}: table first already exists, in migration 0002_wrong.sql", file.string()));
  CHECK(version_after_failure == 1);
  CHECK(connection.integer("PRAGMA user_version").value() == 2);
  CHECK(connection.integer("SELECT count(*) FROM sqlite_schema").value() == 2);
  CHECK(connection.integer("PRAGMA application_id").value() == 0x4c4f5453);
}

TEST_CASE("store: every journey file that it was run with is kept", "[store]") {
  const test::Folder folder;
  {
    const auto store = open(folder / "s.lotse");
    REQUIRE(store->begin());
    REQUIRE(store->publish(journey(2, "two"), Instant(Duration(500))));
    REQUIRE(store->publish(journey(1, "one"), Instant::min()));
    REQUIRE(store->commit());
  }

  const auto published = open(folder / "s.lotse")->published().value();

  REQUIRE(published.size() == 2);
  CHECK(published[0].source == "one");
  CHECK(published[0].in_force == Instant::min());
  CHECK(published[1].version == 2);
  CHECK(published[1].content_hash == "htwo");
  CHECK(published[1].in_force == Instant(Duration(500)));
  CHECK(published[1].file == "journeys/onboarding.yaml");
}

TEST_CASE("store: a check-point is all there or not at all", "[store]") {
  const test::Folder folder;
  const std::string long_bytes(3'000'000, 'i');
  const auto write = [&](Store& store, std::int64_t position) {
    REQUIRE(store.begin());
    REQUIRE(store.set_value("position", position));
    REQUIRE(store.set_value("meaning", fmt::format("m{}", position)));
    const std::string_view identities =
        std::string_view(long_bytes).substr(static_cast<std::size_t>(position));
    for (std::size_t part = 0; part * Store::part_bytes < identities.size(); ++part) {
      REQUIRE(
          store.set_part("identities", part, identities.substr(part * Store::part_bytes, Store::part_bytes)));
    }
    REQUIRE(store.erase_customer(1));
    REQUIRE(
        store.put_customer({.number = 4'000'000'000, .state = std::string_view("s\0", 2), .facts = "{}"}));
    REQUIRE(store.put_customer({.number = 7, .state = fmt::format("{}", position), .facts = "{}"}));
  };
  {
    const auto store = open(folder / "s.lotse");
    write(*store, 1);
    REQUIRE(store->commit());
    write(*store, 2);
  }

  const auto store = open(folder / "s.lotse");

  CHECK(store->integer_value("position").value() == 1);
  CHECK(store->text_value("meaning").value() == "m1");
  CHECK_FALSE(store->integer_value("nothing").value());
  CHECK(store->bytes("identities").value() == long_bytes.substr(1));
  CHECK(store->bytes("nothing").value().empty());
  std::vector<std::pair<std::uint32_t, std::string>> customers;
  REQUIRE(store->for_each_state(
      [&](const StoredCustomer& customer) { customers.emplace_back(customer.number, customer.state); }));
  CHECK(customers ==
        std::vector<std::pair<std::uint32_t, std::string>>{{7, "1"}, {4'000'000'000, std::string("s\0", 2)}});
}

TEST_CASE("store: a conflicting content counts once however often it comes", "[store]") {
  const test::Folder folder;
  const auto store = open(folder / "s.lotse");
  REQUIRE(store->begin());

  CHECK(store->add_conflict(EventNumber(1), "[1]", 11).value());
  CHECK_FALSE(store->add_conflict(EventNumber(1), "[1]", 11).value());
  CHECK(store->add_conflict(EventNumber(1), "[2]", 12).value());
  CHECK(store->add_conflict(EventNumber(2), "[1]", 11).value());
  REQUIRE(store->commit());
  CHECK(store->conflicts().value() == 3);
}

TEST_CASE("store: a full disk is an Error, and what was committed before is whole", "[store]") {
  const test::Folder folder;
  const auto file = folder / "s.lotse";
  const std::string text = "[1,2,0,\"" + std::string(1'000, 'x') + "\"]";
  // A limit on the size of files is how a full disk looks from here: the write comes back short.
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  std::uint32_t committed = 0;
  Result<void> outcome;
  {
    const auto store = open(file);
    const rlimit small{.rlim_cur = 2U << 20U, .rlim_max = before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    for (int group = 0; group < 100 && outcome; ++group) {
      outcome = [&]() -> Result<void> {
        LOTSE_CHECK(store->begin());
        for (std::uint64_t i = 0; i < 100; ++i) {
          LOTSE_TRY([[maybe_unused]] const auto number, store->log().append(text, i, no_event));
        }
        return store->commit();
      }();
      if (outcome) committed += 100;
    }
  }
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);

  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().code == ErrorCode::storage);
  CHECK(outcome.error().message.starts_with(file.string() + ": "));
  CHECK(committed >= 100);
  const auto store = open(file);
  CHECK(store->log().last() == EventNumber(committed));
  std::uint32_t whole = 0;
  REQUIRE(store->log().scan(EventNumber(1), [&](const LoggedText& event) -> Result<void> {
    whole += event.text == text ? 1U : 0U;
    return {};
  }));
  CHECK(whole == committed);
}

TEST_CASE("store: the write-ahead log is folded behind a writer that never pauses", "[store]") {
  const test::Folder folder;
  const auto file = folder / "s.lotse";
  const auto store = std::move(Store::open_for_writing(file, 1U << 20U)).value();
  const std::string text = "[1,2,0,\"" + std::string(1'000, 'x') + "\"]";

  for (int group = 0; group < 300; ++group) {
    REQUIRE(store->begin());
    for (std::uint64_t i = 0; i < 100; ++i) REQUIRE(store->log().append(text, i, no_event));
    REQUIRE(store->commit());
  }

  CHECK(std::filesystem::file_size(file) > 20U << 20U);
  CHECK(std::filesystem::file_size((file.string() + "-wal")) < 12U << 20U);  // of 30 MB written
}

}  // namespace
}  // namespace lotse
