"""Reads Wayland protocols from their XML."""
import xml.etree.ElementTree

FIXED_SCALE = 256


class Argument:
    """type: int, uint, fixed, string, object, new_id, array or fd. values: those of its enum, or None."""

    def __init__(self, element):
        self.name, self.type = element.get('name'), element.get('type')
        self.interface = element.get('interface')  # name; None: any
        self.can_be_null = element.get('allow-null') == 'true'
        self.enum, self.values, self.is_bitfield = element.get('enum'), None, False


class Message:
    """A request or an event."""

    def __init__(self, interface, opcode, element):
        self.interface, self.name, self.opcode = interface.name, element.get('name'), opcode
        self.key = interface.name + '.' + self.name
        self.since = int(element.get('since', 1))
        self.is_destructor = element.get('type') == 'destructor'
        self.arguments = [Argument(child) for child in element.findall('arg')]
        self.creates = next((argument.interface for argument in self.arguments if argument.type == 'new_id'), None)


class Interface:
    def __init__(self, element):
        self.name, self.version = element.get('name'), int(element.get('version'))
        self.requests = [Message(self, i, child) for i, child in enumerate(element.findall('request'))]
        self.events = [Message(self, i, child) for i, child in enumerate(element.findall('event'))]
        self.by_name = {message.name: message for message in self.requests}
        self.destructor = next((message for message in self.requests if message.is_destructor), None)
        self.enums = {}
        for enum in element.findall('enum'):
            values = [int(entry.get('value'), 0) for entry in enum.findall('entry')]
            self.enums[enum.get('name')] = (values, enum.get('bitfield') == 'true')


def read_protocols(paths):
    """Returns all interfaces of the files, by name."""
    interfaces = {}
    for path in paths:
        for element in xml.etree.ElementTree.parse(path).getroot().findall('interface'):
            interfaces[element.get('name')] = Interface(element)
    for interface in interfaces.values():
        for message in interface.requests + interface.events:
            for argument in message.arguments:
                owner, _, name = ('.' + (argument.enum or '')).rpartition('.')
                owner = interfaces.get(owner[1:] or interface.name)
                if argument.enum and owner and name in owner.enums:
                    argument.values, argument.is_bitfield = owner.enums[name]
    return interfaces
