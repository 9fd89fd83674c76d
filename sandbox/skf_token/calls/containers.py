"""Containers and the certificates in them (7.5)."""

from __future__ import annotations

from sandbox.skf_token.bus import ContainerHandle
from sandbox.skf_token.call import Answer, Call, Functions
from sandbox.skf_token.codes import Sar, SkfError
from sandbox.skf_token.names import listed
from sandbox.skf_token.state import CONTAINER_BYTES, Container

NAME_BYTES = 64
MOST_CERTIFICATE_BYTES = 8192


def create(call: Call) -> Answer:
    handle, name = call.application(), call.text()
    call.need_user(handle)
    device = handle.device
    application = device.application(handle.application)
    if not 0 < len(name.encode(call.encoding)) <= int(call.quirk("name_bytes") or NAME_BYTES):
        raise SkfError(Sar.NAME_LENGTH)
    if any(container.name == name for container in application.containers):
        raise SkfError(Sar.FILE_EXISTS)
    if len(application.containers) >= application.most_containers:
        raise SkfError(Sar.MOST_CONTAINERS)
    device.need_room(CONTAINER_BYTES)
    with device.changing():
        application.containers.append(Container(name=name))
    return call.opened(ContainerHandle(device, handle.application, name))


def delete(call: Call) -> Answer:
    handle, name = call.application(), call.text()
    call.need_user(handle)
    container = handle.device.container(handle.application, name)
    with handle.device.changing():
        handle.device.application(handle.application).containers.remove(container)
    return ()


def open_container(call: Call) -> Answer:
    handle, name = call.application(), call.text()
    handle.device.container(handle.application, name)
    return call.opened(ContainerHandle(handle.device, handle.application, name))


def close(call: Call) -> Answer:
    call.close(ContainerHandle)
    return ()


def enum_containers(call: Call) -> Answer:
    handle = call.application()
    containers = handle.device.application(handle.application).containers
    return (listed([container.name for container in containers], call.encoding),)


def container_type(call: Call) -> Answer:
    handle = call.container()
    return (int(handle.device.container(handle.application, handle.container).kind),)


def import_certificate(call: Call) -> Answer:
    handle, is_signing, der = call.container(), call.flag(), call.bytes()
    call.need_user(handle)
    if not 0 < len(der) <= MOST_CERTIFICATE_BYTES:
        raise SkfError(Sar.DATA_LENGTH)
    half = handle.device.container(handle.application, handle.container).half(is_signing=is_signing)
    handle.device.need_room(len(der) - len(half.certificate))
    with handle.device.changing():
        half.certificate = der
    return ()


def export_certificate(call: Call) -> Answer:
    handle, is_signing = call.container(), call.flag()
    if call.quirk("must_login") is not None:
        call.need_user(handle)
    container = handle.device.container(handle.application, handle.container)
    certificate = call.half(container, is_signing=is_signing).certificate
    if certificate or call.quirk("empty_certificate") == "ok":
        return (certificate,)
    is_vague = call.quirk("empty_certificate") == "fail"
    raise SkfError(Sar.FAIL if is_vague else Sar.CERTIFICATE_NOT_FOUND)


FUNCTIONS: Functions = {
    "SKF_CreateContainer": create,
    "SKF_DeleteContainer": delete,
    "SKF_OpenContainer": open_container,
    "SKF_CloseContainer": close,
    "SKF_EnumContainer": enum_containers,
    "SKF_GetContainerType": container_type,
    "SKF_ImportCertificate": import_certificate,
    "SKF_ExportCertificate": export_certificate,
}
