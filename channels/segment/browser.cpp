#include "channels/segment/browser.hpp"

#include <fmt/format.h>

#include "engine/base/quoted.hpp"
#include "engine/runtime/mistake.hpp"

namespace lotse::segment {
namespace {

/// As it came, for the client sends by what it reads here; empty where it is no UTF-8, as no key and no host
/// is.
std::string json_text(std::string_view text) {
  std::string out;
  append_quoted(out, find_bad_utf8(text) ? std::string_view{} : text);
  return out;
}

std::string_view protocol_of(const Post& post, bool https) {
  const std::string_view forwarded = post.headers->find("x-forwarded-proto").value_or("");
  if (forwarded == "https" || forwarded == "http") return forwarded;
  return https ? "https" : "http";
}

/// Between `/v1/projects/` and `/settings`.
std::string_view key_in(std::string_view path) {
  constexpr std::string_view before = "/v1/projects/";
  constexpr std::string_view behind = "/settings";
  if (!path.starts_with(before) || !path.ends_with(behind) || path.size() < before.size() + behind.size())
    return {};
  return path.substr(before.size(), path.size() - before.size() - behind.size());
}

}  // namespace

Reply settings(const Post& post, bool https) {
  const std::string key = json_text(key_in(post.path));
  const std::string host = json_text(std::string(post.headers->find("host").value_or("")) + "/v1");
  Reply reply;
  reply.body = fmt::format(
      R"({{"integrations":{{"Segment.io":{{"apiKey":{},"apiHost":{},"protocol":"{}","addBundledMetadata":true,)"
      R"("unbundledIntegrations":[],"maybeBundledConfigIds":{{}},"versionSettings":{{"version":"4.4.7","componentTypes":["browser"]}}}}}},)"
      R"("plan":{{"track":{{"__default":{{"enabled":true,"integrations":{{}}}}}},"identify":{{"__default":{{"enabled":true}}}},)"
      R"("group":{{"__default":{{"enabled":true}}}}}},"edgeFunction":{{}},"analyticsNextEnabled":true,"middlewareSettings":{{}},)"
      R"("enabledMiddleware":{{}},"metrics":{{"sampleRate":0}},"legacyVideoPluginsEnabled":false,"remotePlugins":[]}})"
      "\n",
      key, host, protocol_of(post, https));
  return reply;
}

Reply source_config(const Post& post) {
  const std::string key = json_text(post.query->find("writeKey").value_or(""));
  Reply reply;
  reply.body = fmt::format(
      R"({{"source":{{"id":"lotse","name":"Lotse","writeKey":{},"enabled":true,"workspaceId":"lotse","config":)"
      R"({{"statsCollection":{{"errors":{{"enabled":false}},"metrics":{{"enabled":false}}}}}},"destinations":[],"connections":[]}}}})"
      "\n",
      key);
  return reply;
}

}  // namespace lotse::segment
