// `lotse finding`: what a team says of a finding, and what the report makes of it.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "engine/store/store.hpp"
#include "tests/cli/program.hpp"

namespace lotse::test {
namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

constexpr const char* journey = R"(journey: order
version: 1
title: From cart to order
abandon_after: 2d
key: event.order
touchpoints:
  cart: {channels: [web], start: true, on: cart_filled, target: 0.1, next: [paid]}
  paid: {channels: [web], on: paid, goal: true}
)";

/// 100 carts on 1 March of which 60 are left, and 100 on 15 March of which so many are; it is the 26th.
void fill(const Folder& folder, int left_since) {
  folder.write("lotse.yaml", "zone: UTC\n");
  folder.write("channels.yaml", "channels: {web: {title: Web}}\n");
  folder.write("journeys/order.yaml", journey);
  std::string log;
  const auto event = [&](const std::string& id, const std::string& type, const std::string& day) {
    log +=
        fmt::format(R"({{"id": "{0}{1}", "type": "{1}", "time": "2024-03-{2}T09:00:00Z", "source": "shop", )"
                    R"("channel": "web", "ids": {{"user_id": "{0}"}}, "properties": {{"order": "{0}"}}}})"
                    "\n",
                    id, type, day);
  };
  for (int i = 0; i < 200; ++i) {
    const std::string id = fmt::format("u{:03}", i);
    event(id, "cart_filled", i < 100 ? "01" : "15");
    if (i < 100 ? i >= 60 : i >= 100 + left_since) event(id, "paid", i < 100 ? "02" : "16");
  }
  event("u999", "cart_filled", "26");
  folder.write("events.ndjson", log);
  REQUIRE(lotse({"ingest", "events.ndjson"}, folder.path()).status == 0);
}

Run finding(const Folder& folder, std::vector<std::string> more) {
  more.insert(more.begin(), {"finding", "drop_off:cart"});
  return lotse(more, folder.path());
}

}  // namespace

TEST_CASE("cli finding: what is said is kept, and told by whoever asks", "[cli][states]") {
  const Folder folder;
  fill(folder, 60);
  CHECK(finding(folder, {}).out == "drop_off:cart: open; nobody has said anything about it\n");

  const Run said = finding(folder, {"--state", "in_progress", "--note", "shorter\nform", "--who", "ada"});
  INFO(said.err);
  CHECK(said.status == 0);
  CHECK(said.out.starts_with("drop_off:cart: in progress\n\n"));
  CHECK(has(said.out, "ada"));
  CHECK(has(said.out, "shorter form"));
  REQUIRE(finding(folder, {"--state", "accepted"}).status == 0);  // by who runs this

  const Run history = finding(folder, {"--format", "json"});
  CHECK(has(history.out, R"("state": "accepted")"));
  CHECK(has(history.out, R"("note": "shorter form")"));
  CHECK(has(lotse({"report", "friction"}, folder.path()).out, "     State: accepted ("));
  CHECK(has(lotse({"explain", "drop_off:cart"}, folder.path()).out, "\nState: accepted ("));
  CHECK_FALSE(has(lotse({"report", "friction", "--as-of", "2024-03-26"}, folder.path()).out,
                  "State: "));  // not said by then
}

TEST_CASE("cli finding: mended is judged by what came since, not by the claim", "[cli][states]") {
  struct Row {
    int left_since;
    const char* words;
    const char* verdict;
  };
  const auto row =
      GENERATE(Row{10, "claimed mended, better", "better"}, Row{95, "claimed mended, worse", "worse"},
               Row{58, "claimed mended, not known yet", "inconclusive"});
  CAPTURE(row.words);
  const Folder folder;
  fill(folder, row.left_since);
  REQUIRE(finding(folder, {"--state", "mended", "--since", "2024-03-10", "--who", "ada"}).status == 0);

  const Run report = lotse({"report", "friction"}, folder.path());
  const Run json = lotse({"report", "friction", "--format", "json"}, folder.path());

  INFO(report.out);
  CHECK(has(report.out, "\nCLAIMED MENDED\n- drop_off:cart: drop-off since 2024-03-10T00:00:00Z: "));
  CHECK(has(report.out, row.words));
  CHECK(has(json.out, fmt::format(R"("verdict": "{}")", row.verdict)));
  CHECK(lotse({"report", "friction"}, folder.path()).out == report.out);
}

TEST_CASE("cli finding: what makes no sense is told, and nothing is written", "[cli][states]") {
  const Folder folder;
  fill(folder, 60);
  const auto said = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "finding");
    return lotse(arguments, folder.path());
  };

  CHECK(said({"drop_off:card"}).err ==
        "lotse: error: `order` has no touchpoint `card`; did you mean `cart`?\n");
  CHECK(has(said({"drop:cart", "--state", "seen"}).err, "`drop` is no signal"));
  CHECK(said({"drop_off:cart", "--state", "done"}).status == 2);
  CHECK(said({"drop_off:cart", "--note", "x"}).status == 2);  // says nothing without a state
  CHECK(has(said({"drop_off:cart", "--state", "mended", "--since", "2999-01-01"}).err, "lies ahead"));
  CHECK(has(said({"drop_off:cart", "--journey", "ordr"}).err, "did you mean `order`?"));
  CHECK(has(finding(folder, {}).out, "nobody has said anything"));
}

TEST_CASE("cli finding: a part is named as the report that is cut by something has it", "[cli][states]") {
  const Folder folder;
  fill(folder, 60);
  const auto said = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "finding");
    return lotse(arguments, folder.path());
  };

  CHECK(has(said({"drop_off:cart:web", "--state", "seen"}).err, "`by` is missing"));
  CHECK(said({"drop_off:cart:web", "--by", "channel", "--state", "seen", "--note", "web"}).status == 0);
  CHECK(said({"drop_off:cart:channel=web"}).out.starts_with("drop_off:cart:channel=web: seen\n"));
  CHECK(has(said({"drop_off:cart:wep", "--by", "channel"}).err, "did you mean `web`?"));
  CHECK(
      has(lotse({"explain", "drop_off:cart:web", "--by", "channel"}, folder.path()).out, "\nState: seen ("));
}

TEST_CASE("cli finding: a note can be taken out", "[cli][states]") {
  const Folder folder;
  fill(folder, 60);
  REQUIRE(finding(folder, {"--state", "seen", "--note", "asked Mrs Lovelace"}).status == 0);

  CHECK(has(finding(folder, {"--redact", "2"}).err, "`drop_off:cart` has no change of number 2"));
  const Run redacted = finding(folder, {"--redact", "1"});

  CHECK(redacted.out.starts_with("drop_off:cart: seen\n"));
  CHECK_FALSE(has(redacted.out, "Lovelace"));
  CHECK_FALSE(has(folder.read("lotse.db"), "Lovelace"));
}

TEST_CASE("cli finding: whom to ask where a service writes", "[cli][states]") {
  const Folder folder;
  fill(folder, 60);
  const auto service = Store::open_for_writing(folder.path() / "lotse.db", std::size_t{1} << 20U);
  REQUIRE(service);

  const Run run = finding(folder, {"--state", "seen"});

  CHECK(run.status == 3);
  INFO(run.err);
  CHECK(run.err.ends_with(": POST /v1/findings/drop_off:cart/state?journey=order\n"));
  CHECK(finding(folder, {}).status == 0);  // reading goes on
}

}  // namespace lotse::test
