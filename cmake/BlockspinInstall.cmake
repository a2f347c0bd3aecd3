# Install rules, and the package that find_package(blockspin) finds.
include(CMakePackageConfigHelpers)
get_property(modules GLOBAL PROPERTY BLOCKSPIN_MODULES)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/blockspin)

install(TARGETS ${modules} EXPORT blockspinTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/blockspin DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY inputs DESTINATION ${CMAKE_INSTALL_DATADIR}/blockspin)
install(EXPORT blockspinTargets NAMESPACE blockspin:: DESTINATION ${package_dir})
configure_package_config_file(cmake/blockspinConfig.cmake.in ${PROJECT_BINARY_DIR}/blockspinConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/blockspinConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/blockspinConfig.cmake ${PROJECT_BINARY_DIR}/blockspinConfigVersion.cmake
              cmake/BlockspinDependencies.cmake DESTINATION ${package_dir})
