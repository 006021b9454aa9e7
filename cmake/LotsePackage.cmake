# What `cmake --install` puts where, and the Debian package (`cpack -G DEB` in the build folder).
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY TRUE)  # what is not installed need not have been built
set(packaging "${CMAKE_SOURCE_DIR}/packaging")
set(share /usr/share)

install(TARGETS lotse RUNTIME DESTINATION /usr/bin)
install(FILES ${packaging}/lotse.service DESTINATION /usr/lib/systemd/system)
install(FILES ${packaging}/etc/lotse.yaml ${CMAKE_SOURCE_DIR}/journeys/starter/channels.yaml DESTINATION /etc/lotse)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/journeys/starter/journeys DESTINATION /etc/lotse)
# The files' first lines name it to an editor.
install(CODE "file(CREATE_LINK ${share}/lotse/schemas \$ENV{DESTDIR}/etc/lotse/.schemas SYMBOLIC)")
install(FILES ${packaging}/etc/default DESTINATION /etc/default RENAME lotse)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/schemas DESTINATION ${share}/lotse PATTERN sql EXCLUDE)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/docs/ DESTINATION ${share}/doc/lotse FILES_MATCHING PATTERN "*.md" PATTERN "*.png")
install(DIRECTORY ${CMAKE_SOURCE_DIR}/journeys/broadband DESTINATION ${share}/doc/lotse/examples
        PATTERN "lotse.db*" EXCLUDE)

# As `lotse completion SHELL` prints them.
set(PROGRAM /usr/bin/lotse)
set(completion "${CMAKE_BINARY_DIR}/completion")
foreach(shell bash zsh fish)
  configure_file(${CMAKE_SOURCE_DIR}/cli/completion/lotse.${shell} ${completion}/lotse.${shell} @ONLY)
endforeach()
install(FILES ${completion}/lotse.bash DESTINATION ${share}/bash-completion/completions RENAME lotse)
install(FILES ${completion}/lotse.zsh DESTINATION ${share}/zsh/vendor-completions RENAME _lotse)
install(FILES ${completion}/lotse.fish DESTINATION ${share}/fish/vendor_completions.d)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME lotse)
set(CPACK_PACKAGE_CONTACT "The Lotse project <lotse@example.net>")
set(CPACK_STRIP_FILES ON)
set(CPACK_SET_DESTDIR ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, tzdata")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Journey mapping and omnichannel orchestration engine
 Tracks every customer along declared journeys across web, app, e-mail, call
 centre and store, keeps the context between channels, and names where
 customers fall off. This package has the command lotse and its service.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${packaging}/debian/conffiles ${packaging}/debian/postinst ${packaging}/debian/prerm ${packaging}/debian/postrm)
include(CPack)
