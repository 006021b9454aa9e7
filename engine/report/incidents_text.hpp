#pragma once

#include <string>
#include <vector>

#include "engine/friction/incidents.hpp"
#include "engine/report/json.hpp"
#include "engine/report/text.hpp"

namespace lotse {

/// An incident report in each of its formats; docs/reports.md explains how to read them. Deterministic to the
/// byte.
[[nodiscard]] std::string incidents_table(const Incidents& report, const TextStyle& style = {});
[[nodiscard]] std::string incidents_markdown(const Incidents& report);
[[nodiscard]] std::string incidents_csv(const Incidents& report);
[[nodiscard]] std::string incidents_json(const Incidents& report);

/// What has happened, in one sentence; the touchpoint is left out.
[[nodiscard]] std::string evidence_sentence(const Incident& incident);
/// Since when, and what it costs so far.
[[nodiscard]] std::string consequence_sentence(const Incident& incident);
/// Which channels and segment values it is in; empty of none.
[[nodiscard]] std::string parts_sentence(const Incident& incident);
/// How often there would be such an alert if nothing had changed.
[[nodiscard]] std::string guarantee_sentence(const Incident& incident);
/// All of them, for whoever reads one alert.
[[nodiscard]] std::string incident_sentences(const Incident& incident);

/// One incident as a member of an array or as a document.
void write_incident(JsonWriter& json, const Incident& incident);

}  // namespace lotse
