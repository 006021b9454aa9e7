#include "engine/report/incidents_text.hpp"

#include <catch2/catch.hpp>

namespace lotse {
namespace {

Instant at(std::string_view text) { return *parse_instant(text); }

Incident drop_off() {
  Incident incident;
  incident.id = "00000000000000aa";
  incident.journey = "broadband";
  incident.touchpoint = incident.label = "order";
  incident.title = "Order | now";
  incident.owner = "shop@example.net";
  incident.started = at("2024-05-09T22:32:46.420Z");
  incident.opened = at("2024-05-10T13:12:26Z");
  incident.updated = at("2024-05-11T00:00:00Z");
  incident.whole = true;
  incident.before = 0.2;
  incident.scored = 175;
  incident.dropped = 70;
  incident.lost = 35;
  incident.lost_interval = {21.4, 49};
  incident.parts = {{.cut = "channel",
                     .value = "app",
                     .joined = at("2024-05-10T14:00:00Z"),
                     .before = 0.2,
                     .scored = 50,
                     .dropped = 30}};
  incident.threshold = 54'787.5;
  incident.watched = 5;
  return incident;
}

Incident silence() {
  Incident incident;
  incident.id = "00000000000000bb";
  incident.kind = IncidentKind::silence;
  incident.journey = "broadband";
  incident.touchpoint = incident.label = "order";
  incident.started = at("2024-05-01T10:00:00Z");
  incident.opened = at("2024-05-01T20:00:00Z");
  incident.updated = at("2024-05-02T08:00:00Z");
  incident.closed = incident.recovered = at("2024-05-02T08:00:00Z");
  incident.whole = true;
  incident.expected = 41;
  incident.dispersion = 1.25;
  incident.watched = 1;
  return incident;
}

Incidents sample() {
  Incidents report;
  report.journey = "broadband";
  report.title = "Broadband";
  report.as_of = at("2024-05-12T00:00:00Z");
  report.streams = 5;
  report.touchpoints = 1;
  report.incidents = {drop_off(), silence()};
  report.places.resize(3);
  report.places[0].label = "order";
  report.places[0].streams = 5;
  report.places[0].reference = {80, 400};
  report.places[1].label = "appointment";
  report.places[1].needed = 150;
  report.places[2].label = "visit";
  report.places[2].from = at("2024-05-20T00:00:00Z");
  return report;
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

TEST_CASE("incidents text: an alert says what, since when, how much, where, and how sure",
          "[report][alerts]") {
  CHECK(
      incident_sentences(drop_off()) ==
      "order: 40.0 % of 175 stays dropped off since 2024-05-09T22:32:46Z, 20.0 % before. About 35 lost "
      "beyond it [21, 49]. Noticed 2024-05-10T13:12:26Z. Worse in channel app (60.0 %, 20.0 % before). If "
      "nothing had changed, an alert like this in any of the 5 watched streams would come in fewer than one "
      "month in ten.");
  CHECK(
      incident_sentences(silence()) ==
      "order: nobody came after 2024-05-01T10:00:00Z, where 41 would have by the four weeks before. Noticed "
      "2024-05-01T20:00:00Z; over, noticed 2024-05-02T08:00:00Z. If customers came as before, a silence like "
      "this at any of the touchpoints watched (there is one) would be seen in fewer than one month in ten.");
  Incident part = drop_off();
  part.whole = false;
  part.by_target = false;
  CHECK(has(incident_sentences(part), "order, channel app: 40.0 %"));
  CHECK(parts_sentence(part).empty());  // it is the subject
  Incident target = drop_off();
  target.by_target = true;
  CHECK(has(evidence_sentence(target), ", 20.0 % is the target."));
  CHECK(has(guarantee_sentence(target), "If drop-off were no more than its target,"));
  Incident over = drop_off();
  over.closed = at("2024-05-20T00:00:00Z");
  CHECK(has(consequence_sentence(over), "nobody has come for four weeks"));
  over.recovered = at("2024-05-18T00:00:00Z");
  CHECK(has(evidence_sentence(over), "from 2024-05-09T22:32:46Z to 2024-05-18T00:00:00Z"));
  CHECK(has(consequence_sentence(over), "over, noticed 2024-05-20T00:00:00Z"));
}

TEST_CASE("incidents text: open before over, then what is watched", "[report][alerts]") {
  const std::string text = incidents_table(sample(), {.width = 400, .color = false});
  const auto open = text.find("OPEN\n");
  const auto over = text.find("OVER\n");
  const auto watched = text.find("WATCHED FOR MORE DROP-OFF\n");
  REQUIRE(open != std::string::npos);
  CHECK(open < over);
  CHECK(over < watched);
  CHECK(has(text, "Owner: shop@example.net."));
  CHECK(has(text, "needs 150 stays more"));
  CHECK(has(text, "from 2024-05-20T00:00:00Z"));
  Incidents none = sample();
  none.incidents.clear();
  CHECK(has(incidents_table(none), "OPEN\nNone.\n"));
  CHECK(has(incidents_markdown(sample()), "## Open\n\n- **drop-off** order: 40.0 %"));
}

TEST_CASE("incidents text: CSV has a row an incident, JSON what applies", "[report][alerts]") {
  const std::string csv = incidents_csv(sample());
  CHECK(has(csv,
            "\r\n00000000000000aa,drop_off,broadband,order,order,shop@example.net,2024-05-09T22:32:46.420Z,"
            "2024-05-10T13:12:26Z,2024-05-11T00:00:00Z,,,true,0.2,0.4,175,70,35,21.4,49,,channel app,5\r\n"));
  CHECK(has(csv, ",true,,,,,,,,41,,1\r\n"));
  const std::string json = incidents_json(sample());
  CHECK(has(json, "\"report\": \"incidents\""));
  CHECK(has(json, "\"lost_interval\": [21.4, 49]"));
  CHECK(has(json, "\"silence\": null"));
  CHECK(has(json, "\"drop_off\": null"));
  CHECK(has(json, "\"baseline\": 0.2"));
  CHECK(has(json, "\"needed\": 150"));
}

}  // namespace lotse
