#include "channels/http/desk.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "channels/http/json_body.hpp"
#include "channels/http/mistakes.hpp"
#include "channels/http/parameters.hpp"
#include "engine/base/hash.hpp"
#include "engine/base/replace_file.hpp"
#include "engine/journey/shape.hpp"
#include "engine/report/findings_json.hpp"
#include "engine/report/journey_json.hpp"
#include "engine/report/json.hpp"
#include "engine/runtime/mistake.hpp"
#include "engine/store/store.hpp"
#include "engine/workbench/publish_plan.hpp"

namespace lotse::http {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t text_bytes_max = FileLimits{}.bytes;

std::string etag_of(std::string_view text) { return fmt::format("\"{:016x}\"", fast_hash(text)); }

/// Nothing outside the workspace can be named, for a journey file lies in one of two folders.
Result<std::string> file_named(std::string file) {
  if (file.empty()) return fail(ErrorCode::bad_input, "`file` is missing: journeys/NAME.yaml");
  if (is_journey_file(file)) return file;
  return fail(ErrorCode::bad_input,
              fmt::format("`{}` cannot be a journey file; it lies in `journeys` and ends in `.yaml`: "
                          "journeys/NAME.yaml",
                          file));
}

Result<UnsavedFile> read_draft(const Request& request) {
  constexpr std::array<std::string_view, 2> members{"file", "text"};
  LOTSE_CHECK(check_parameters(request, {}));
  LOTSE_TRY(const Value body, read_object(request, members));
  UnsavedFile draft;
  LOTSE_TRY(draft.file, text_member(body, "file", PATH_MAX));
  LOTSE_TRY(draft.file, file_named(std::move(draft.file)));
  LOTSE_TRY(draft.text, text_member(body, "text", text_bytes_max));
  return draft;
}

const JourneyVersions* find(std::span<const JourneyVersions> journeys, std::string_view id) {
  const auto found =
      std::ranges::find_if(journeys, [&](const auto& each) { return each.versions.front()->id == id; });
  return found == journeys.end() ? nullptr : &*found;
}

const Journey* find_version(std::span<const JourneyVersions> journeys, const Journey& wanted) {
  const JourneyVersions* own = find(journeys, wanted.id);
  if (own == nullptr) return nullptr;
  const auto found =
      std::ranges::find_if(own->versions, [&](const auto& each) { return each->version == wanted.version; });
  return found == own->versions.end() ? nullptr : found->get();
}

/// The number of the newest version that is in force.
std::optional<std::uint64_t> running(const JourneyVersions* journey, Instant now) {
  std::optional<std::uint64_t> number;
  if (journey == nullptr) return number;
  for (std::size_t i = 0; i < journey->versions.size(); ++i) {
    if (journey->in_force[i] <= now) number = journey->versions[i]->version;
  }
  return number;
}

/// A draft among the other versions of its journey.
struct Placed {
  JourneyVersions versions;
  std::size_t version = 0;  ///< the draft's, into `versions`
  [[nodiscard]] const Journey& journey() const { return *versions.versions[version]; }
};

/// The draft as it was read; by itself alone where another file has mistakes. Nothing: it has some itself.
std::optional<Placed> place(const Loaded<Workspace>& loaded, const UnsavedFile& draft,
                            const Workspace& running) {
  if (loaded.value) {
    for (const JourneyVersions& journey : loaded.value->journeys) {
      for (std::size_t i = 0; i < journey.versions.size(); ++i) {
        if (journey.versions[i]->file == draft.file) return Placed{.versions = journey, .version = i};
      }
    }
  }
  auto alone = load_journey(draft.file, draft.text, running.channels, running.settings);
  if (!alone.value) return std::nullopt;
  return Placed{.versions = {.versions = {*std::move(alone.value)}, .in_force = {Instant::min()}},
                .version = 0};
}

void write_version(JsonWriter& json, const Journey& draft, std::span<const JourneyVersions> known,
                   Instant now) {
  const Journey* published = find_version(known, draft);
  json.begin_object().field("number", std::uint64_t{draft.version}).field("published", published != nullptr);
  json.field("changed", published == nullptr || published->content_hash != draft.content_hash);
  json.field("running", running(find(known, draft.id), now)).end_object();
}

void write_file(JsonWriter& json, const std::string& file, const std::string& text,
                const Workspace& workspace, std::span<const JourneyVersions> known) {
  const auto loaded = load_journey(file, text, workspace.channels, workspace.settings);
  const Journey* journey = loaded.value ? loaded.value->get() : nullptr;
  const auto is_error = [](const Diagnostic& finding) { return finding.severity == Severity::error; };
  json.begin_object().field("file", file).field("etag", etag_of(text));
  json.field("errors", static_cast<std::uint64_t>(std::ranges::count_if(loaded.findings, is_error)));
  json.field("journey", journey != nullptr ? std::optional(journey->id) : std::nullopt);
  json.field("title", journey != nullptr ? std::optional(journey->title) : std::nullopt);
  json.field("version", journey != nullptr ? std::optional<std::uint64_t>(journey->version) : std::nullopt);
  json.field("published", journey != nullptr && find_version(known, *journey) != nullptr).end_object();
}

Response changed_meanwhile() {
  return problem(412, "Changed meanwhile",
                 "the file is not the one that you began with; read it again, and put your changes into it");
}

/// Nothing: the file is as its author saw it.
std::optional<Response> refused(const Request& request, const std::optional<std::string>& before) {
  const auto seen = request.post.headers->find("if-match");
  const auto none = request.post.headers->find("if-none-match");
  if (!seen && none != "*") {
    return problem(428, "Condition needed",
                   "say which text yours replaces: `If-Match` with the ETag that it was read with, or "
                   "`If-None-Match: *` for a new file");
  }
  if (seen ? before && *seen == etag_of(*before) : !before) return std::nullopt;
  return changed_meanwhile();
}

bool is_writable(const fs::path& folder) { return ::access(folder.c_str(), W_OK) == 0; }

/// Of a file that is there its own; of a new one what an editor would give it.
fs::perms mode_of(const fs::path& file) {
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  using enum fs::perms;
  return fs::exists(status) ? status.permissions() : owner_read | owner_write | group_read | others_read;
}

Result<void> put_back(const fs::path& file, const std::optional<std::string>& before) {
  if (before) return replace_file(file, *before, mode_of(file));
  std::error_code error;
  fs::remove(file, error);
  if (error) return tl::make_unexpected(cannot("remove", file, error.value()));
  return {};
}

/// Authors see what is wrong in files that are not theirs, but neither their lines nor where the folder is.
std::vector<Diagnostic> for_authors(std::vector<Diagnostic> findings) {
  for (Diagnostic& finding : findings) {
    if (is_journey_file(finding.where.file)) continue;
    finding.where.file = fs::path(finding.where.file).filename().string();
    finding.source_line.clear();
  }
  return findings;
}

Response with_mistakes(std::vector<Diagnostic> findings) {
  return mistakes("The draft has mistakes", "nothing was written; `findings` has each of them",
                  for_authors(std::move(findings)));
}

/// What the desk gives back must be what it was given.
Result<void> check_text(const std::string& file, const std::string& text) {
  if (text.size() > text_bytes_max)
    return fail(ErrorCode::conflict, fmt::format("`{}` is longer than a journey file may be", file));
  if (find_bad_utf8(text))
    return fail(ErrorCode::conflict, fmt::format("`{}` is not UTF-8; save it as such", file));
  return {};
}

/// Whether the engine runs this very text as the version that it says it is.
bool is_published(const Workspace& workspace, const std::string& file,
                  std::span<const JourneyVersions> known) {
  for (const JourneyVersions& journey : workspace.journeys) {
    for (const auto& version : journey.versions) {
      if (version->file != file) continue;
      const Journey* published = find_version(known, *version);
      return published != nullptr && published->content_hash == version->content_hash;
    }
  }
  return false;
}

}  // namespace

Desk::Desk(Live& live, Reloader& reloader, fs::path root, fs::path store)
    : live_(live), reloader_(reloader), root_(std::move(root)), store_(std::move(store)) {}

std::optional<std::string_view> Desk::what_hinders(const Request& request) const {
  if (!request.who || !allows(request.who->role, Permission::write_journeys)) return "token";
  std::error_code error;
  const fs::path journeys = root_ / "journeys";
  if (!is_writable(fs::exists(journeys, error) ? journeys : root_)) return "folder";
  return std::nullopt;
}

Result<Response> Desk::list(const Request& request) {
  LOTSE_CHECK(check_parameters(request, {}));
  LOTSE_TRY(const auto snapshot, live_.snapshot());
  const Workspace& workspace = snapshot->workspace();
  JsonWriter json;
  const std::optional<std::string_view> hindrance = what_hinders(request);
  json.begin_object().field("writable", !hindrance).field("hindrance", hindrance).key("files").begin_array();
  for (const std::string& file : journey_files(root_)) {
    if (const auto text = read_journey_file(root_, file))
      write_file(json, file, *text, workspace, snapshot->tracker().journeys());
  }
  json.end_array().key("channels").begin_array();
  for (const Channel& channel : workspace.channels.channels) {
    json.begin_object().field("id", channel.id).field("title", channel.title).field("human", channel.human);
    json.end_object();
  }
  json.end_array().key("teams").begin_array();
  for (const Team& team : workspace.channels.teams) json.value(team.id);
  json.end_array().key("purposes").begin_array();
  for (const Purpose& purpose : workspace.channels.purposes) json.value(purpose.id);
  json.end_array().end_object();
  return Response{.body = std::move(json).str()};
}

Result<Response> Desk::text(const Request& request) {
  LOTSE_CHECK(check_parameters(request, {"file"}));
  LOTSE_TRY(const std::string file, file_named(parameter(request, "file")));
  const std::vector<std::string> files = journey_files(root_);
  const bool listed = std::ranges::find(files, file) != files.end();
  const std::optional<std::string> text = listed ? read_journey_file(root_, file) : std::nullopt;
  if (!text) return fail(ErrorCode::not_found, fmt::format("there is no `{}` in the workspace", file));
  LOTSE_CHECK(check_text(file, *text));
  JsonWriter json;
  json.begin_object().field("file", file).field("etag", etag_of(*text)).field("text", *text).end_object();
  Response response{.body = std::move(json).str()};
  response.headers.emplace_back("ETag", etag_of(*text));
  return response;
}

Result<Response> Desk::check(const Request& request) {
  LOTSE_TRY(const UnsavedFile draft, read_draft(request));
  LOTSE_TRY(const auto snapshot, live_.snapshot());
  const Loaded<Workspace> loaded = load_workspace(root_, draft);
  const auto placed = place(loaded, draft, snapshot->workspace());
  const Channels& channels = loaded.value ? loaded.value->channels : snapshot->workspace().channels;
  JsonWriter json;
  json.begin_object().key("findings");
  write_findings(json, for_authors(loaded.findings));
  json.key("journey");
  if (placed) {
    json.raw(journey_json(placed->versions, placed->version, channels, snapshot->last_event_time()))
        .key("version");
    write_version(json, placed->journey(), snapshot->tracker().journeys(), live_.now());
  } else {
    json.null().key("version").null();
  }
  return Response{.body = std::move(json.end_object()).str()};
}

Result<Response> Desk::plan(const Request& request) {
  LOTSE_TRY(const UnsavedFile draft, read_draft(request));
  const Loaded<Workspace> loaded = load_workspace(root_, draft);
  if (!loaded.value) return with_mistakes(loaded.findings);
  LOTSE_TRY(const auto store, Store::open_for_reading(store_));
  LOTSE_TRY(const PublishPlan plan, plan_publishing(*store, *loaded.value, live_.now()));
  return Response{.body = publish_plan_json(plan)};
}

Result<Publication> Desk::publication_with(const Workspace& workspace) const {
  LOTSE_TRY(const auto store, Store::open_for_reading(store_));
  LOTSE_TRY(const auto published, store->published());
  LOTSE_TRY(const auto risks, store->risks());
  return publication_of(workspace, published, risks, live_.now());
}

Result<Response> Desk::save(const Request& request) {
  constexpr std::array<std::string_view, 1> members{"text"};
  LOTSE_CHECK(check_parameters(request, {"file"}));
  LOTSE_TRY(const std::string file, file_named(parameter(request, "file")));
  LOTSE_TRY(const Value body, read_object(request, members));
  UnsavedFile draft{.file = file, .text = {}};
  LOTSE_TRY(draft.text, text_member(body, "text", text_bytes_max));
  const std::unique_lock lock(saving_, std::try_to_lock);  // who waited would keep a thread from reports
  if (!lock) return fail(ErrorCode::conflict, "another file is being saved; try again in a moment");
  const std::optional<std::string> before = read_journey_file(root_, file);
  if (before) LOTSE_CHECK(check_text(file, *before));
  if (auto no = refused(request, before)) return *std::move(no);
  if (!before && !shape::fits(fs::path(file).stem().string(), shape::NameStyle::slug)) {
    return fail(ErrorCode::bad_input,
                fmt::format("`{}`: use letters, digits, `_`, `-` and `.` for the name of a new file", file));
  }
  if (std::error_code error; fs::is_symlink(fs::symlink_status(root_ / file, error)))
    return fail(ErrorCode::conflict,
                fmt::format("`{}` is a link; the desk writes no file through one", file));
  const Loaded<Workspace> loaded = load_workspace(root_, draft);
  if (!loaded.value) return with_mistakes(loaded.findings);
  LOTSE_TRY(const Publication publication, publication_with(*loaded.value));
  return write_and_publish(draft, before, *loaded.value, publication);
}

Result<Response> Desk::write_and_publish(const UnsavedFile& draft, const std::optional<std::string>& before,
                                         const Workspace& workspace, const Publication& publication) {
  const fs::path path = root_ / draft.file;
  if (!is_writable(folder_of(path))) {
    return fail(
        ErrorCode::conflict,
        "the service may not write the workspace's folder; give it the right, or bring the file there "
        "another way");
  }
  if (read_journey_file(root_, draft.file) != before) return changed_meanwhile();
  LOTSE_CHECK(replace_file(path, draft.text, mode_of(path)));
  const Reload reload = reloader_.reload();
  LOTSE_TRY(const auto snapshot, live_.snapshot());
  // Who watches the folder may have published it before another file was broken.
  if (!reload.done() && !is_published(workspace, draft.file, snapshot->tracker().journeys())) {
    if (read_journey_file(root_, draft.file) == draft.text) LOTSE_CHECK(put_back(path, before));
    if (reload.error) return tl::unexpected(*reload.error);
    return with_mistakes(reload.findings);
  }
  JsonWriter json;
  json.begin_object().field("file", draft.file).field("etag", etag_of(draft.text));
  json.field("changed", reload.changed).key("published").begin_array();
  for (const Publication::New& one : publication.unpublished) {
    json.begin_object().field("journey", one.journey->id);
    json.field("version", std::uint64_t{one.journey->version}).end_object();
  }
  json.end_array().key("findings");
  write_findings(json, for_authors(reload.findings));
  return Response{.body = std::move(json.end_object()).str()};
}

namespace {

using Method = Result<Response> (Desk::*)(const Request&);

Route route(std::string method, std::string pattern, std::string operation, Permission permission, Desk& desk,
            Method answer, Work work) {
  Route made = get(
      std::move(pattern), std::move(operation), permission,
      [&desk, answer](const Request& request) { return (desk.*answer)(request); }, work);
  made.method = std::move(method);
  return made;
}

}  // namespace

std::vector<Route> desk_routes(Desk& desk) {
  using enum Permission;
  return {route("GET", "/v1/desk", "getDesk", read_reports, desk, &Desk::list, Work::reader),
          route("GET", "/v1/desk/file", "getJourneyFile", read_reports, desk, &Desk::text, Work::reader),
          route("PUT", "/v1/desk/file", "putJourneyFile", write_journeys, desk, &Desk::save, Work::report),
          route("POST", "/v1/desk/check", "checkDraft", read_reports, desk, &Desk::check, Work::reader),
          route("POST", "/v1/desk/plan", "planDraft", read_reports, desk, &Desk::plan, Work::report)};
}

}  // namespace lotse::http
