#pragma once

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "channels/http/message.hpp"
#include "channels/http/reloader.hpp"
#include "engine/journey/journey_files.hpp"
#include "engine/runtime/live.hpp"
#include "engine/runtime/publishing.hpp"

namespace lotse::http {

/// Where authors edit the workspace's journey files over HTTP: read, checked as `lotse check` does,
/// head-counted as `lotse publish --plan` does, written and published. docs/desk.md. A file with mistakes, or
/// one that the engine would refuse, is never written: the service must be able to start again from the
/// folder. Any thread.
class Desk {
 public:
  /// `live` and `reloader` must outlive this.
  Desk(Live& live, Reloader& reloader, std::filesystem::path root, std::filesystem::path store);

  /// The journey files, and whether whoever asks may write them.
  [[nodiscard]] Result<Response> list(const Request& request);
  /// One file's text. Errors: not_found.
  [[nodiscard]] Result<Response> text(const Request& request);
  /// What `lotse check` says of the workspace with a draft in it, and the journey as it would be.
  [[nodiscard]] Result<Response> check(const Request& request);
  /// What publishing the draft would do to the customers that there are. Goes through the whole log.
  [[nodiscard]] Result<Response> plan(const Request& request);
  /// Writes the file, if it is still the one that its author saw, and publishes it.
  [[nodiscard]] Result<Response> save(const Request& request);

 private:
  /// `token`, `folder`: why whoever asks may not write; nothing: they may.
  [[nodiscard]] std::optional<std::string_view> what_hinders(const Request& request) const;
  [[nodiscard]] Result<Publication> publication_with(const Workspace& workspace) const;
  [[nodiscard]] Result<Response> write_and_publish(const UnsavedFile& draft,
                                                   const std::optional<std::string>& before,
                                                   const Workspace& workspace,
                                                   const Publication& publication);

  Live& live_;
  Reloader& reloader_;
  std::filesystem::path root_;
  std::filesystem::path store_;
  std::mutex saving_;  ///< from looking at the file to having it published
};

/// `desk` must outlive the routes.
[[nodiscard]] std::vector<Route> desk_routes(Desk& desk);

}  // namespace lotse::http
