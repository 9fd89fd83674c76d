; Inno Setup 6: the installer for Windows, from the folder PyInstaller makes.
; usage: iscc /DVersion=0.1.0 installer\windows\odc-agent.iss
; For one user without questions:      odc-agent-setup.exe /VERYSILENT /CURRENTUSER
; For the computer, for roll-out:      odc-agent-setup.exe /VERYSILENT /ALLUSERS /NORESTART
; Not run yet; see docs/administrators.md.
#ifndef Version
  #define Version "0.0.0"
#endif

[Setup]
AppId={{6C0B7E55-8F3B-4E0C-9E65-0D3A4C1B7F10}
AppName=Certificate Manager
AppVersion={#Version}
DefaultDirName={autopf}\odc-agent
DisableProgramGroupPage=yes
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=commandline dialog
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
CloseApplications=force
OutputBaseFilename=odc-agent-setup
OutputDir=..\..\dist
; Signed with: iscc "/Ssign=signtool sign /fd sha256 /a $f" and a SignTool=sign line here.

[Files]
Source: "..\..\dist\odc-agent\*"; DestDir: "{app}"; Flags: recursesubdirs ignoreversion

[Icons]
Name: "{autoprograms}\Certificate Manager"; Filename: "{app}\odc-agentw.exe"; Parameters: "window"

[Registry]
; The start at login: the user's own key, or everybody's with /ALLUSERS.
Root: HKA; Subkey: "Software\Microsoft\Windows\CurrentVersion\Run"; ValueName: "odc-agent"; \
  ValueType: string; ValueData: """{app}\odc-agentw.exe"" run"; Flags: uninsdeletevalue

[Run]
Filename: "{app}\odc-native-host.exe"; Parameters: "install --launcher ""{app}\odc-native-host.exe"""; \
  Flags: runhidden; Check: not IsAdminInstallMode
Filename: "{app}\odc-native-host.exe"; \
  Parameters: "install --system --launcher ""{app}\odc-native-host.exe"""; \
  Flags: runhidden; Check: IsAdminInstallMode
Filename: "{app}\odc-agentw.exe"; Parameters: "run"; Flags: nowait runasoriginaluser

[UninstallRun]
Filename: "{app}\odc-agent.exe"; Parameters: "quit"; Flags: runhidden; RunOnceId: "quit"
Filename: "{app}\odc-native-host.exe"; Parameters: "remove"; Flags: runhidden; RunOnceId: "remove"
